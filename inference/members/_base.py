"""What every member of the ensemble shares: its card, the shape it reads and the errors it raises.

A member ends ``convolutions -> global average pooling -> dense`` and returns two tensors, so a
class activation map (Zhou et al., CVPR 2016) is one weighted sum and needs no gradient:

- ``logits``: float32, shape ``(batch, classes)``
- ``features``: shape ``(batch, h, w, channels)``, the map that is pooled
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

#: What the first layer does with pixels 0..255; ``none``: the member reads no pixels.
Preprocess = Literal["imagenet-torch", "imagenet-caffe", "imagenet-tf", "none"]

#: Why a member could not be found or built.
Code = Literal["unknown_member", "duplicate_member", "input_shape", "width", "classes", "dropout", "pixels"]

#: One face each: uint8, grey ``(h, w)`` or RGB ``(h, w, 3)``; or all in one array ``(n, h, w[, 3])``.
Faces = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]

#: Below this side AlexNet's poolings have nothing left to pool; above it a face is a photo.
MIN_SIDE: Final = 24
MAX_SIDE: Final = 1024


class MemberError(ValueError):
    """A member cannot be found, built or fed as asked; the message says why.

    Attributes:
        code: stable, for machines.
    """

    def __init__(self, message: str, *, code: Code) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class InputShape:
    """How large the faces are that a member reads.

    Attributes:
        height: pixels, 24 to 1024.
        width: pixels, 24 to 1024; faces need not be square.
        channels: 1 for grey, 3 for RGB.

    Raises:
        MemberError: code ``input_shape``.
    """

    height: int
    width: int
    channels: Literal[1, 3] = 1

    def __post_init__(self) -> None:
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in self.size):
            raise MemberError(
                f"A member reads faces of {MIN_SIDE} to {MAX_SIDE} pixels a side, not {self.height} x {self.width}.",
                code="input_shape",
            )
        if self.channels not in (1, 3):
            raise MemberError(f"A face has 1 or 3 channels, not {self.channels}.", code="input_shape")

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width)."""
        return self.height, self.width


@dataclass(frozen=True)
class MemberCard:
    """What a network is, before any weight is loaded.

    Attributes:
        name: ``architecture.tag`` as in timm, for example ``resnet50.in1k``; the tag says what the
            starting weights learned from.
        architecture: the part before the dot; one file in this folder.
        preprocess: which ImageNet convention the first layer expects.
        source: where the architecture was published.
        licence: licence of the starting weights, or of our code where there are none.
        tags: other tags that this architecture is known by.
        imagenet: name of the ``keras.applications`` function whose weights without top fit this
            graph, one after the other in the order of ``graph.weights`` (width 1, all but the class
            layer's two); empty where there are none or they expect another preprocessing.
    """

    name: str
    architecture: str
    preprocess: Preprocess
    source: str
    licence: str
    tags: tuple[str, ...] = ("scratch",)
    imagenet: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return every full name that finds this member."""
        own = self.name.partition(".")[2]
        return tuple(f"{self.architecture}.{tag}" for tag in dict.fromkeys((own, *self.tags)))


class Builder(Protocol):
    """Builds a member's graph; see :class:`MemberSpec`."""

    def __call__(
        self, shape: InputShape, classes: int, dropout: float, width: float = 1.0
    ) -> keras.Model: ...


@dataclass(frozen=True)
class MemberSpec:
    """A card with the functions that build the member's graph and prepare what it reads.

    Attributes:
        build: ``build(shape, classes, dropout, width=1.0)``; ``width`` multiplies every layer's
            channels. The graph reads ``images``, float32 ``(n, h, w, channels)`` 0..255 (grey is
            repeated to RGB inside) and returns ``{"logits", "features"}``. The landmarks member
            reads ``(n, 478, 2)`` instead.
        prepare: turns faces of any size, grey or RGB, into what the graph reads.
    """

    card: MemberCard
    build: Builder
    prepare: Callable[[Faces, InputShape], NDArray[np.float32]]
