"""ResNet152 (He et al., CVPR 2016): bottlenecks [3, 8, 36, 3]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._prepare import pixels
from inference.members._resnet import resnet

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="resnet152.in1k",
    architecture="resnet152",
    preprocess="imagenet-caffe",
    source="He et al. 2016, arXiv:1512.03385",
    licence="MIT",
    imagenet="ResNet152",
)

#: Bottlenecks of each stack.
DEPTHS = (3, 8, 36, 3)


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    return resnet(CARD, DEPTHS, shape, classes, dropout, width)


SPEC = MemberSpec(CARD, build, pixels)
