"""AlexNet, the one-tower variant of Krizhevsky 2014 (arXiv:1404.5997): 64-192-384-256-256.

For a face of 64 to 112 pixels the first stride is 2 instead of 4 (the kernel stays 11 x 11), so
that five convolutions still leave a map of a few cells to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._graph import entrance, finish, scaled
from inference.members._prepare import pixels

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="alexnet.in1k",
    architecture="alexnet",
    preprocess="imagenet-torch",
    source="Krizhevsky 2014, arXiv:1404.5997",
    licence="BSD-3-Clause",
)

#: Channels and kernel of the convolutions after the first.
REST = ((192, 5), (384, 3), (256, 3), (256, 3))


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    from keras import layers

    stride = 2 if min(shape.size) < 160 else 4
    images, x = entrance(shape, CARD.preprocess)
    x = layers.ZeroPadding2D(2, name="conv1_pad")(x)
    x = layers.Conv2D(scaled(64, width), 11, strides=stride, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    for number, (channels, kernel) in enumerate(REST, start=2):
        filters, name = scaled(channels, width), f"conv{number}"
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=name)(x)
        if number == 2:
            x = layers.MaxPooling2D(3, 2, name="pool2")(x)
    return finish(images, x, classes, dropout, "alexnet")


SPEC = MemberSpec(CARD, build, pixels)
