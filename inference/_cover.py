"""Tell whether mouth and nose are hidden, or the picture is a negative: a small network in numpy.

The gates run before the ensemble and must not need TensorFlow, so this network (four
convolutions, 64 x 64 colour crop, about 130,000 weights) is run by matrix products alone.
``inference/training/cover.py`` trains it and folds its norm layers into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Side of the aligned crop in pixels.
SIDE: Final = 64
CLASSES: Final = ("clear", "covered", "unnatural")
#: Kernel side, stride and filters of each convolution.
CONVOLUTIONS: Final = ((5, 2, 24), (3, 2, 48), (3, 2, 64), (3, 1, 64))
HIDDEN: Final = 48

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class CoverNet:
    """The folded weights: ``conv0.kernel (k, k, in, out)``, ``conv0.bias`` ... ``dense1.bias``."""

    weights: Weights

    def probabilities(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return class probabilities ``(n, 3)`` of aligned BGR crops ``(n, 64, 64, 3)``."""
        x = crops.astype(np.float32) / 127.5 - 1
        for i, (kernel, stride, _) in enumerate(CONVOLUTIONS):
            x = np.maximum(self._convolve(x, f"conv{i}", kernel, stride), 0)
        n, h, w, c = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4)).reshape(n, -1)
        x = np.maximum(x @ self.weights["dense0.kernel"] + self.weights["dense0.bias"], 0)
        x = x @ self.weights["dense1.kernel"] + self.weights["dense1.bias"]
        x = np.exp(x - x.max(axis=1, keepdims=True))
        return np.asarray(x / x.sum(axis=1, keepdims=True), np.float32)

    def _convolve(self, x: NDArray[np.float32], name: str, kernel: int, stride: int) -> NDArray[np.float32]:
        """Convolve with zero padding of ``kernel // 2`` on every side."""
        pad = kernel // 2
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
        windows = windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
        matrix = self.weights[f"{name}.kernel"]
        flat = windows.reshape(-1, matrix.shape[0] * matrix.shape[1] * matrix.shape[2])
        out = flat @ matrix.reshape(-1, matrix.shape[3]) + self.weights[f"{name}.bias"]
        return np.asarray(out.reshape(*windows.shape[:3], -1), np.float32)
