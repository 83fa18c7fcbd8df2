"""ResNet50 (He et al., CVPR 2016): bottlenecks [3, 4, 6, 3]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._prepare import pixels
from inference.members._resnet import resnet

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="resnet50.in1k",
    architecture="resnet50",
    preprocess="imagenet-caffe",
    source="He et al. 2016, arXiv:1512.03385",
    licence="MIT",
    imagenet="ResNet50",
)

#: Bottlenecks of each stack.
DEPTHS = (3, 4, 6, 3)


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    return resnet(CARD, DEPTHS, shape, classes, dropout, width)


SPEC = MemberSpec(CARD, build, pixels)
