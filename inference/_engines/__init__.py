"""How a member's one stored set of weights is run: ONNX Runtime on a CPU, the Keras graph elsewhere.

Nothing is imported until an engine is made: the CPU worker never sees TensorFlow, a GPU worker
never sees ONNX Runtime.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

EngineName = Literal["onnx-int8", "onnx-float", "keras"]
NAMES: Final[tuple[EngineName, ...]] = ("onnx-int8", "onnx-float", "keras")
#: What ``MAEUM_ENGINE`` may say.
CHOICES: Final = ("auto", *NAMES)
#: Instructions with which uint8 x int8 products cannot overflow 16 bits (Intel VNNI, Arm dot product).
_DOT_PRODUCT: Final = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})

Outputs = tuple[NDArray[np.float32], NDArray[np.float32] | None]


class Engine(Protocol):
    """One member's graph, ready to run."""

    @property
    def name(self) -> EngineName:
        """Say which engine this is."""
        ...

    def run(self, inputs: NDArray[np.float32], /) -> Outputs:
        """Return logits ``(n, classes)`` and the last feature map ``(n, h, w, channels)`` or None."""
        ...


def choose(setting: str, preferred: EngineName, *, has_graph: bool) -> EngineName:
    """Name the engine for one member.

    Args:
        setting: ``MAEUM_ENGINE``; ``auto`` takes what measurement preferred when the bundle was made.
        preferred: that choice, for a processor with dot-product instructions.
        has_graph: whether the bundle carries the member's node list; without one only Keras can run it.

    Raises:
        ValueError: the setting names no engine.
    """
    if setting not in CHOICES:
        raise ValueError(f"MAEUM_ENGINE is {setting!r}; it may be one of {', '.join(CHOICES)}.")
    if not has_graph:
        return "keras"
    if setting != "auto":
        return cast(EngineName, setting)
    if preferred == "onnx-int8" and not has_dot_product():
        return "onnx-float"
    return preferred


@lru_cache(maxsize=1)
def has_dot_product() -> bool:
    """Tell whether this processor multiplies int8 without overflowing; older ones round wrongly."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(
        _DOT_PRODUCT & set(line.split()) for line in text.splitlines() if line[:5] in ("flags", "Featu")
    )
