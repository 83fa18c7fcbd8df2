"""ResNet's bottlenecks (He et al., CVPR 2016), written out so that they can be made narrower.

Layers have the names, order and constants of ``keras.applications.resnet``, so that weights made
for that fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inference.members._base import InputShape, MemberCard
from inference.members._graph import entrance, finish, scaled

if TYPE_CHECKING:
    import keras

EPSILON: Final = 1.001e-5
#: Channels of each stack's 3 x 3 convolutions; the bottleneck leaves with four times as many.
CHANNELS: Final = (64, 128, 256, 512)


def resnet(
    card: MemberCard, depths: tuple[int, ...], shape: InputShape, classes: int, dropout: float, width: float
) -> keras.Model:
    """Build a ResNet with ``depths`` bottlenecks in its four stacks; raises ``MemberError``."""
    from keras import layers

    images, x = entrance(shape, card.preprocess)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = _bn(layers.Conv2D(scaled(64, width), 7, strides=2, name="conv1_conv")(x), "conv1_bn")
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stack, (depth, channels) in enumerate(zip(depths, CHANNELS, strict=True), start=2):
        for block in range(1, depth + 1):
            stride = 2 if block == 1 and stack > 2 else 1
            x = _bottleneck(x, scaled(channels, width), stride, block == 1, f"conv{stack}_block{block}")
    return finish(images, x, classes, dropout, card.architecture)


def _bottleneck(x: Any, channels: int, stride: int, project: bool, name: str) -> Any:
    """Add one bottleneck; the first of a stack projects its shortcut."""
    from keras import layers

    shortcut = x
    if project:
        shortcut = layers.Conv2D(4 * channels, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = _bn(shortcut, f"{name}_0_bn")
    x = _bn(layers.Conv2D(channels, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1_bn")
    x = layers.Activation("relu", name=f"{name}_1_relu")(x)
    x = _bn(layers.Conv2D(channels, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2_bn")
    x = layers.Activation("relu", name=f"{name}_2_relu")(x)
    x = _bn(layers.Conv2D(4 * channels, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _bn(x: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=EPSILON, name=name)(x)
