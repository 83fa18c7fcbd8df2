"""MobileNetV2 (Sandler et al., CVPR 2018, arXiv:1801.04381): 17 inverted residuals with linear bottlenecks.

Layers have the names, order and constants of ``keras.applications.mobilenet_v2``. Below 96 pixels the
first convolution has stride 1 instead of 2: as published a face of 64 pixels would end on 2 x 2 cells,
so it ends on 4 x 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._graph import entrance, finish, scaled
from inference.members._prepare import pixels

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="mobilenet_v2.in1k",
    architecture="mobilenet_v2",
    preprocess="imagenet-tf",
    source="Sandler et al. 2018, arXiv:1801.04381",
    licence="Apache-2.0",
    imagenet="MobileNetV2",
)

SMALL: Final = 96
#: Channels, repeats, stride of the first and expansion of each group, table 2 of the paper.
GROUPS: Final = (
    (16, 1, 1, 1),
    (24, 2, 2, 6),
    (32, 3, 2, 6),
    (64, 4, 2, 6),
    (96, 3, 1, 6),
    (160, 3, 2, 6),
    (320, 1, 1, 6),
)
EPSILON, MOMENTUM = 1e-3, 0.999


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    from keras import layers

    small = min(shape.size) < SMALL
    images, x = entrance(shape, CARD.preprocess)
    first = layers.Conv2D(
        _wide(32, width), 3, strides=1 if small else 2, padding="same", use_bias=False, name="Conv1"
    )
    x = _bn(first(x), "bn_Conv1")
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    block = 0
    for channels, repeats, stride, expansion in GROUPS:
        for repeat in range(repeats):
            x = _inverted(x, _wide(channels, width), stride if repeat == 0 else 1, expansion, block)
            block += 1
    # As published, the last layer grows with the multiplier but never shrinks with it.
    x = layers.Conv2D(_wide(1280, max(1.0, width)), 1, use_bias=False, name="Conv_1")(x)
    x = layers.ReLU(6.0, name="out_relu")(_bn(x, "Conv_1_bn"))
    return finish(images, x, classes, dropout, "mobilenet_v2")


def _wide(channels: int, width: float) -> int:
    """Scale channels; never more than a tenth below what was asked for, as published."""
    wide = scaled(channels, width)
    return wide if wide >= 0.9 * channels * width else wide + 8


def _inverted(x: Any, channels: int, stride: int, expansion: int, block: int) -> Any:
    """Expand, filter each channel, project; add the input where the shape allows."""
    from keras import layers

    into, deep = x, x.shape[-1]
    name = f"block_{block}_" if block else "expanded_conv_"
    if block:
        x = layers.Conv2D(expansion * deep, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = layers.ReLU(6.0, name=f"{name}expand_relu")(_bn(x, f"{name}expand_BN"))
    if stride == 2:
        # An even side is padded at its end only, as Keras's weights were trained.
        sides = [(side % 2, 1) for side in x.shape[1:3]]
        x = layers.ZeroPadding2D(tuple(sides), name=f"{name}pad")(x)
    padding = "same" if stride == 1 else "valid"
    depthwise = layers.DepthwiseConv2D(
        3, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise"
    )
    x = layers.ReLU(6.0, name=f"{name}depthwise_relu")(_bn(depthwise(x), f"{name}depthwise_BN"))
    x = layers.Conv2D(channels, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _bn(x, f"{name}project_BN")
    return layers.Add(name=f"{name}add")([into, x]) if stride == 1 and deep == channels else x


def _bn(x: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=EPSILON, momentum=MOMENTUM, name=name)(x)


SPEC = MemberSpec(CARD, build, pixels)
