"""Xception (Chollet, CVPR 2017, arXiv:1610.02357): entry, middle (8 x 3) and exit flow of separable convolutions.

For faces the published strides are too many: 299 pixels end on 10 x 10 cells, but 64 would end on
2 x 2. Below 96 pixels the stem pads and the exit flow does not shrink, so that 64 pixels end on 4 x 4
cells and 48 on 3 x 3. A stem of stride 1 would give the same map for 3.4 times the multiply-adds: at
width 0.5 and 64 x 64 its best of four training steps made 40 images/s, this one's 90, that of the
published strides 81 (TensorFlow, batch 32, two cores shared with other work, so 81 and 90 are alike).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._graph import entrance, finish, scaled
from inference.members._prepare import pixels

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="xception.scratch",
    architecture="xception",
    preprocess="imagenet-tf",
    source="Chollet 2017, arXiv:1610.02357",
    licence="MIT",
    tags=("scratch", "in1k"),
    imagenet="Xception",
)

#: A face whose shorter side is below this keeps its last map as large as the middle flow's.
SMALL: Final = 96
#: Blocks of the middle flow.
MIDDLE: Final = range(5, 13)


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    small = min(shape.size) < SMALL
    images, x = entrance(shape, CARD.preprocess)
    x = _stem(x, scaled(32, width), scaled(64, width), "same" if small else "valid")
    for block, channels in ((2, 128), (3, 256), (4, 728)):
        wide = scaled(channels, width)
        x = _shrinking(x, (wide, wide), 2, block)
    for block in MIDDLE:
        x = _middle(x, scaled(728, width), block)
    x = _shrinking(x, (scaled(728, width), scaled(1024, width)), 1 if small else 2, 13)
    for conv, channels in ((1, 1536), (2, 2048)):
        name = f"block14_sepconv{conv}"
        x = _relu(_separable(x, scaled(channels, width), name), name)
    return finish(images, x, classes, dropout, "xception")


def _stem(x: Any, first: int, second: int, padding: str) -> Any:
    """Add the two plain convolutions, the first of stride 2."""
    from keras import layers

    for conv, channels in ((1, first), (2, second)):
        name = f"block1_conv{conv}"
        stride = 2 if conv == 1 else 1
        x = layers.Conv2D(channels, 3, strides=stride, padding=padding, use_bias=False, name=name)(x)
        x = _relu(layers.BatchNormalization(name=f"{name}_bn")(x), name)
    return x


def _shrinking(x: Any, channels: tuple[int, int], stride: int, block: int) -> Any:
    """Add two separable convolutions, a pooling and a projected shortcut; block 2 follows a ReLU already."""
    from keras import layers

    name = f"block{block}"
    shortcut = layers.Conv2D(
        channels[1], 1, strides=stride, padding="same", use_bias=False, name=f"{name}_shortcut"
    )(x)
    shortcut = layers.BatchNormalization(name=f"{name}_shortcut_bn")(shortcut)
    for conv, wide in enumerate(channels, start=1):
        if (block, conv) != (2, 1):
            x = _relu(x, f"{name}_sepconv{conv}")
        x = _separable(x, wide, f"{name}_sepconv{conv}")
    x = layers.MaxPooling2D(3, strides=stride, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=f"{name}_add")([x, shortcut])


def _middle(x: Any, channels: int, block: int) -> Any:
    """Add three separable convolutions and what went into them."""
    from keras import layers

    into = x
    for conv in (1, 2, 3):
        name = f"block{block}_sepconv{conv}"
        x = _separable(_relu(x, name), channels, name)
    return layers.Add(name=f"block{block}_add")([x, into])


def _separable(x: Any, channels: int, name: str) -> Any:
    from keras import layers

    x = layers.SeparableConv2D(channels, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def _relu(x: Any, name: str) -> Any:
    from keras import layers

    return layers.Activation("relu", name=f"{name}_act")(x)


SPEC = MemberSpec(CARD, build, pixels)
