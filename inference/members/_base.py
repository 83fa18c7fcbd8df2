"""What every member of the ensemble shares: its card and the shape of its graph.

A member ends ``convolutions -> global average pooling -> dense`` and returns two tensors, so a
class activation map (Zhou et al., CVPR 2016) is one weighted sum and needs no gradient:

- ``logits``: float32, shape ``(batch, classes)``
- ``features``: float32, shape ``(batch, h, w, channels)``, the map that is pooled
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import keras

Preprocess = Literal["imagenet-torch", "imagenet-caffe"]

#: Constants of the two ImageNet conventions, as ``x * scale + offset`` on 0..255 RGB.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class MemberCard:
    """What a network is, before any weight is loaded.

    Attributes:
        name: ``architecture.tag`` as in timm, for example ``resnet50.in1k``.
        architecture: the part before the dot; one file in this folder.
        preprocess: which ImageNet convention the first layer expects.
        source: where the architecture was published.
        licence: licence of the starting weights.
    """

    name: str
    architecture: str
    preprocess: Preprocess
    source: str
    licence: str


@dataclass(frozen=True)
class MemberSpec:
    """A card with the function that builds its graph."""

    card: MemberCard
    build: Callable[[tuple[int, int], int, float], keras.Model]


def preprocess_layer(images: Any, convention: Preprocess) -> Any:
    """Map RGB 0..255, shape ``(batch, h, w, 3)``, to what the first convolution expects."""
    from keras import layers, ops

    if convention == "imagenet-torch":
        variance = [(255 * s) ** 2 for s in IMAGENET_STD]
        return layers.Normalization(
            mean=[255 * m for m in IMAGENET_MEAN], variance=variance, name="preprocess"
        )(images)
    flipped = ops.flip(images, axis=-1)
    return layers.Normalization(mean=CAFFE_MEAN_BGR, variance=[1.0] * 3, name="preprocess")(flipped)


def finish(images: Any, features: Any, classes: int, dropout: float, name: str) -> keras.Model:
    """Close a convolutional trunk with pooling, dropout and the class layer."""
    import keras
    from keras import layers

    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    dropped = layers.Dropout(dropout, name="dropout")(pooled)
    logits = layers.Dense(classes, dtype="float32", name="logits")(dropped)
    return keras.Model(images, {"logits": logits, "features": features}, name=name)
