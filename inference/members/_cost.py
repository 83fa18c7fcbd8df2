"""What a graph costs, counted from its layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def multiply_adds(graph: keras.Model) -> int:
    """Count the multiply-adds of one face in convolutions and dense layers (biases and norms left out)."""
    return sum(_of_layer(layer) for layer in graph.layers)


def _of_layer(layer: Any) -> int:
    from keras import layers

    if isinstance(layer, layers.Dense):
        cells = 1
    elif isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.SeparableConv2D):
        cells = int(layer.output.shape[1] * layer.output.shape[2])
    else:
        return 0
    kernels: list[int] = [math.prod(weight.shape) for weight in layer.weights if "kernel" in weight.name]
    return cells * sum(kernels)
