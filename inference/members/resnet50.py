"""ResNet50 (He et al., CVPR 2016): bottlenecks [3, 4, 6, 3], as in ``keras.applications``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.members._base import MemberCard, MemberSpec, finish, preprocess_layer

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="resnet50.in1k",
    architecture="resnet50",
    preprocess="imagenet-caffe",
    source="He et al. 2016, arXiv:1512.03385",
    licence="MIT",
)


def build(size: tuple[int, int], classes: int, dropout: float) -> keras.Model:
    """Build the graph for RGB 0..255 input of ``size`` (height, width) pixels."""
    import keras
    from keras import Input

    images = Input((*size, 3), name="images")
    x = preprocess_layer(images, CARD.preprocess)
    trunk = keras.applications.ResNet50(weights=None, include_top=False, input_tensor=x)
    return finish(images, trunk.output, classes, dropout, "resnet50")


SPEC = MemberSpec(CARD, build)
