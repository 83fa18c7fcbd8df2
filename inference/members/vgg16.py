"""VGG16 (Simonyan & Zisserman 2014, arXiv:1409.1556): 13 convolutions in 5 blocks, no class tower.

The last pooling is left out, so that a face of 48 pixels still ends on a map of 3 x 3 cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._graph import entrance, finish, scaled
from inference.members._prepare import pixels

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="vgg16.in1k",
    architecture="vgg16",
    preprocess="imagenet-torch",
    source="Simonyan & Zisserman 2014, arXiv:1409.1556",
    licence="BSD-3-Clause",
)

#: Convolutions and channels of each block.
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    from keras import layers

    images, x = entrance(shape, CARD.preprocess)
    for block, (depth, channels) in enumerate(BLOCKS, start=1):
        for conv in range(1, depth + 1):
            name = f"block{block}_conv{conv}"
            x = layers.Conv2D(scaled(channels, width), 3, padding="same", activation="relu", name=name)(x)
        if block < len(BLOCKS):
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return finish(images, x, classes, dropout, "vgg16")


SPEC = MemberSpec(CARD, build, pixels)
