"""How every member begins and ends; Keras is imported when a graph is built, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inference.members._base import InputShape, MemberError, Preprocess

if TYPE_CHECKING:
    import keras

#: Constants of the ImageNet conventions, on 0..255 RGB (caffe: BGR).
IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
CAFFE_MEAN_BGR: Final = (103.939, 116.779, 123.68)
#: Width multipliers that keep an architecture recognisable.
WIDTHS: Final = (0.25, 2.0)


def scaled(channels: int, width: float, step: int = 8) -> int:
    """Multiply a layer's channels by ``width``, to the nearest multiple of ``step`` unless width is 1."""
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise MemberError(
            f"A width multiplier lies in {WIDTHS[0]} to {WIDTHS[1]}, not {width}.", code="width"
        )
    return channels if width == 1 else max(step, int(channels * width + step / 2) // step * step)


def entrance(shape: InputShape, convention: Preprocess) -> tuple[Any, Any]:
    """Open a graph: the input ``images``, and the same as RGB in the wanted convention."""
    from keras import Input, layers

    images = Input((*shape.size, shape.channels), name="images")
    colour = images
    if shape.channels == 1:
        colour = layers.Concatenate(name="rgb")([images, images, images])
    elif convention == "imagenet-caffe":
        from inference.members._layers import ReverseChannels

        colour = ReverseChannels(name="bgr")(images)
    return images, preprocessing(convention)(colour)


def preprocessing(convention: Preprocess) -> Any:
    """Return the layer ``preprocess``, three channels 0..255 to what the first convolution expects."""
    from keras import layers

    if convention == "imagenet-torch":
        mean, variance = [255 * m for m in IMAGENET_MEAN], [(255 * s) ** 2 for s in IMAGENET_STD]
    elif convention == "imagenet-caffe":
        mean, variance = list(CAFFE_MEAN_BGR), [1.0] * 3
    else:
        return layers.Rescaling(1 / 127.5, -1.0, name="preprocess")
    return layers.Normalization(mean=mean, variance=variance, name="preprocess")


def finish(images: Any, features: Any, classes: int, dropout: float, name: str) -> keras.Model:
    """Close a trunk with pooling, dropout and the class layer; raises ``MemberError``."""
    import keras
    from keras import layers

    if classes < 2:
        raise MemberError(f"A member needs at least two classes, not {classes}.", code="classes")
    if not 0 <= dropout < 1:
        raise MemberError(f"Dropout lies in 0 up to but not including 1, not {dropout}.", code="dropout")
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    dropped = layers.Dropout(dropout, name="dropout")(pooled)
    logits = layers.Dense(classes, dtype="float32", name="logits")(dropped)
    return keras.Model(images, {"logits": logits, "features": features}, name=name)


def conv_bn(x: Any, channels: int, kernel: int, name: str, *, strides: int = 1, relu: bool = True) -> Any:
    """Add convolution, batch normalisation and ReLU: layers ``name``, ``name_bn``, ``name_act``."""
    from keras import layers

    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_act")(x) if relu else x
