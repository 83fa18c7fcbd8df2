"""A plain convolutional network made for the student: small, and quick as int8 on a CPU.

Eleven 3 x 3 convolutions with batch norm and ReLU, as VGG: 113 million multiply-adds on 48 x 48 grey
(201 million on 64 x 64) and 2.1 million parameters; width 0.75 has 66 million and 1.2 million. What makes
it quick: the first convolution reads the grey face itself, all channels are multiples of 16, and nearly
all work is done at half of the side or less, where no layer waits for memory. Convolutions of stride 2
shrink instead of poolings.

Measured with random weights as a hand-made ONNX copy, ONNX Runtime int8, two threads on two cores with
AVX512-VNNI that other work kept busy, in two runs: medians of 2,100 and 3,300 faces/s at batch 1 and
600 to 1,200 at batch 32 (best calls 3,500 and 2,100) for 48 x 48; medians of 1,200 at batch 1 for
64 x 64. A quiet machine has not been measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inference.members._base import InputShape, MemberCard, MemberSpec
from inference.members._graph import conv_bn, finish, scaled
from inference.members._prepare import pixels

if TYPE_CHECKING:
    import keras

CARD = MemberCard(
    name="cnn.scratch",
    architecture="cnn",
    preprocess="imagenet-tf",
    source="this repository, after Simonyan & Zisserman 2014, arXiv:1409.1556",
    licence="MIT",
    tags=("scratch", "distilled"),
)

#: Channels and stride of each convolution.
CONVOLUTIONS: Final = (
    (16, 1),
    (48, 2), (48, 1),
    (96, 2), (96, 1), (96, 1),
    (192, 2), (192, 1), (192, 1),
    (256, 1), (256, 1),
)  # fmt: skip


def build(shape: InputShape, classes: int, dropout: float, width: float = 1.0) -> keras.Model:
    """Build the graph; raises ``MemberError``."""
    from keras import Input, layers

    images = Input((*shape.size, shape.channels), name="images")
    x = layers.Rescaling(1 / 127.5, -1.0, name="preprocess")(images)
    for number, (channels, stride) in enumerate(CONVOLUTIONS, start=1):
        x = conv_bn(x, scaled(channels, width, 16), 3, f"conv{number}", strides=stride)
    return finish(images, x, classes, dropout, "cnn")


SPEC = MemberSpec(CARD, build, pixels)
