"""Bring a node list into the shape that runs fast: norms inside convolutions, borders inside pads.

The int8 kernels stay as they are stored: a norm layer's factor goes into the kernel's scales.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference._engines.graph import Graph, Node

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Conv:
    """A convolution with everything folded in.

    Attributes:
        kernel: int8 ``(kh, kw, in / groups, out)``.
        scale: of each output channel, positive, shape ``(out,)``.
        bias: float32, shape ``(out,)``.
        strides, pads, dilations: two, four (top, left, bottom, right) and two numbers.
        groups: 1, or the number of input channels for a depthwise one.
        act: ``relu``, ``relu6`` or None.
    """

    source: str
    output: str
    kernel: NDArray[np.int8]
    scale: Floats
    bias: Floats
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    groups: int
    act: str | None = None


Step = Conv | Node


def fused(graph: Graph, arrays: Arrays) -> list[Step]:
    """Return the steps of a graph, folded.

    Args:
        arrays: as the bundle stores them, ``kernel|int8`` with ``kernel|scale`` or plain floats.

    Raises:
        KeyError: a node names an array that is not there.
    """
    used = Counter(name for node in graph.nodes for name in node.inputs)
    used.update(name for name in (graph.logits, graph.features) if name)
    steps: dict[str, Step] = {}
    for node in graph.nodes:
        before = steps.get(node.inputs[0]) if used[node.inputs[0]] == 1 else None
        step = _folded(node, before, arrays)
        if before is not None and step.output == node.output and _swallowed(step, before):
            del steps[before.output]
        steps[step.output] = step
    return list(steps.values())


def _swallowed(step: Step, before: Step) -> bool:
    """Tell whether ``step`` took ``before`` in: it now reads what ``before`` read."""
    if isinstance(step, Conv):
        return step.source != before.output
    return step.inputs[0] != before.output


def _folded(node: Node, before: Step | None, arrays: Arrays) -> Step:
    if node.op in ("conv", "depthwise"):
        conv = _conv(node, arrays)
        if isinstance(before, Node) and before.op == "pad":
            pads = tuple(a + b for a, b in zip(conv.pads, before.attrs["pads"], strict=True))
            return replace(conv, source=before.inputs[0], pads=pads)
        return conv
    if node.op == "norm":
        factor, shift = _norm(node, arrays)
        if isinstance(before, Conv) and before.act is None:
            return _scaled(before, factor, shift, node.output)
        attrs = {"scale": factor.tolist(), "offset": shift.tolist()}
        return Node("affine", node.inputs, node.output, attrs)
    if node.op == "act" and node.attrs["fn"] in ("relu", "relu6"):
        if isinstance(before, Conv) and before.act is None:
            return replace(before, output=node.output, act=node.attrs["fn"])
        if isinstance(before, Node) and before.op == "add" and "act" not in before.attrs:
            return Node("add", before.inputs, node.output, {"act": node.attrs["fn"]})
    return node


def _norm(node: Node, arrays: Arrays) -> tuple[Floats, Floats]:
    """Return the norm layer as ``x * factor + shift``."""
    mean, variance = (np.asarray(arrays[node.attrs[key]], np.float64) for key in ("mean", "variance"))
    gamma = arrays[node.attrs["gamma"]] if node.attrs["gamma"] else np.ones_like(mean)
    beta = arrays[node.attrs["beta"]] if node.attrs["beta"] else np.zeros_like(mean)
    factor = gamma / np.sqrt(variance + node.attrs["epsilon"])
    return factor.astype(np.float32), (beta - mean * factor).astype(np.float32)


def _scaled(conv: Conv, factor: Floats, shift: Floats, output: str) -> Conv:
    """Fold a factor a channel into the scales; a negative one turns the kernel's sign instead."""
    sign = np.where(factor < 0, -1, 1).astype(np.int8)
    return replace(
        conv,
        output=output,
        kernel=conv.kernel * sign,
        scale=(conv.scale * np.abs(factor)).astype(np.float32),
        bias=(conv.bias * factor + shift).astype(np.float32),
    )


def _conv(node: Node, arrays: Arrays) -> Conv:
    attrs = node.attrs
    values, scale = stored_kernel(attrs["kernel"], arrays)
    groups = int(attrs.get("groups", 1))
    if node.op == "depthwise":
        height, width, channels, times = values.shape
        groups = channels
        scale = np.broadcast_to(scale, (channels, times)).reshape(-1)
        values = values.reshape(height, width, 1, channels * times)
    elif scale.ndim == 2:  # a single filter was stored with one scale an input channel
        values, scale = quantise_kernel(values * scale, values.ndim)
    bias = arrays[attrs["bias"]] if attrs["bias"] else np.zeros(values.shape[-1])
    if scale.shape != bias.shape:
        raise ValueError(f"The bias of {node.output} does not fit its kernel.")
    return Conv(
        source=node.inputs[0],
        output=node.output,
        kernel=values.astype(np.int8),
        scale=np.asarray(scale, np.float32),
        bias=np.asarray(bias, np.float32),
        strides=tuple(attrs["strides"]),
        pads=tuple(attrs["pads"]),
        dilations=tuple(attrs["dilations"]),
        groups=groups,
    )


def stored_kernel(path: str, arrays: Arrays) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return a kernel's int8 values and scales; a float one is quantised here, as when stored."""
    if f"{path}|int8" in arrays:
        return arrays[f"{path}|int8"], arrays[f"{path}|scale"]
    value = np.asarray(arrays[path], np.float32)
    return quantise_kernel(value, value.ndim)


def quantise_kernel(value: NDArray[Any], ndim: int = 4) -> tuple[NDArray[np.int8], Floats]:
    """Return int8 values and the scale of each output channel (last axis).

    A depthwise kernel, ``(kh, kw, in, 1)``, has one scale an input channel: shape ``(in, 1)``.
    """
    axes = tuple(range(ndim - 2)) if value.shape[-1] == 1 else tuple(range(ndim - 1))
    scale = np.abs(value).max(axis=axes) / 127
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.clip(np.rint(value / scale), -127, 127).astype(np.int8), scale
