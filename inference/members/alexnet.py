"""AlexNet, the one-tower variant of Krizhevsky 2014 (arXiv:1404.5997): 64-192-384-256-256.

For a face of 64 to 112 pixels the first stride is 2 instead of 4 (the kernel stays 11 x 11), so
that five convolutions still leave a map of a few cells to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import MemberCard, MemberSpec, finish, preprocess_layer

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="alexnet.in1k",
    architecture="alexnet",
    preprocess="imagenet-torch",
    source="Krizhevsky 2014, arXiv:1404.5997",
    licence="BSD-3-Clause",
)


def build(size: tuple[int, int], classes: int, dropout: float) -> keras.Model:
    """Build the graph for RGB 0..255 input of ``size`` (height, width) pixels."""
    from keras import Input, layers

    stride = 2 if min(size) < 160 else 4
    images = Input((*size, 3), name="images")
    x = preprocess_layer(images, CARD.preprocess)
    x = layers.ZeroPadding2D(2)(x)
    x = layers.Conv2D(64, 11, strides=stride, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(192, 5, padding="same", activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv5")(x)
    return finish(images, x, classes, dropout, "alexnet")


SPEC = MemberSpec(CARD, build)
