"""Build an ONNX model, float or int8, from folded steps. Needs ``onnx``, never TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from inference._engines.fuse import Arrays, Conv, Step
from inference._engines.graph import Graph, Node

OPSET: Final = 17
IR_VERSION: Final = 9
Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class _Quantised:
    """A uint8 tensor and how to read it: ``(value - zero) * scale``."""

    name: str
    scale: str
    zero: str
    step: float
    zero_point: int


@dataclass
class _Builder:
    """Collects ONNX nodes; pictures are ``(n, c, h, w)`` inside.

    With ``ranges`` every tensor that has one leaves as uint8 (quantise/dequantise pairs, which
    ONNX Runtime turns into integer kernels); without, everything is float32.
    """

    arrays: Arrays
    ranges: Ranges
    wide: frozenset[str] = frozenset()
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    floats: dict[str, str] = field(default_factory=dict)
    quantised: dict[str, _Quantised] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)

    def fresh(self) -> str:
        return f"t{len(self.nodes)}_{len(self.constants)}"

    def constant(self, value: Any, kind: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def node(self, op: str, inputs: Sequence[str], **attrs: Any) -> str:
        out = self.fresh()
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attrs))
        return out

    def float_of(self, value: str) -> str:
        """Return a float tensor; each reader of a quantised one gets its own dequantiser."""
        if value in self.floats:
            return self.floats[value]
        return self.dequantised(self.quantised[value])

    def dequantised(self, q: _Quantised) -> str:
        return self.node("DequantizeLinear", [q.name, q.scale, q.zero])

    def leave(self, value: str, tensor: str, rank: int) -> None:
        """Name a step's result; quantise it where its range is known."""
        self.ranks[value] = rank
        if value not in self.ranges:
            self.floats[value] = tensor
            return
        low, high = min(self.ranges[value][0], 0.0), max(self.ranges[value][1], 1e-6)
        step = (high - low) / 255
        zero = round(-low / step)
        scale, point = self.constant(step), self.constant(zero, np.uint8)
        if value in self.wide:
            self.floats[value] = tensor
        name = self.node("QuantizeLinear", [tensor, scale, point])
        self.quantised[value] = _Quantised(name, scale, point, float(np.float32(step)), zero)

    def through(self, value: str, source: str, op: str, inputs: Sequence[str] = (), **attrs: Any) -> None:
        """Do something to a tensor that leaves its uint8 values' meaning alone (pooling, borders)."""
        self.ranks[value] = self.ranks[source]
        if source in self.quantised:
            q = self.quantised[source]
            name = self.node(op, [q.name, *inputs], **attrs)
            self.quantised[value] = _Quantised(name, q.scale, q.zero, q.step, q.zero_point)
        else:
            self.floats[value] = self.node(op, [self.floats[source], *inputs], **attrs)


def build(
    graph: Graph, steps: Sequence[Step], arrays: Arrays, *, ranges: Ranges, extra: Sequence[str] = ()
) -> bytes:
    """Return a serialised ONNX model.

    Input ``images``, float32 ``(n, *graph.shape)``. Outputs ``logits``, ``features`` (if there are
    any, ``(n, c, h, w)``) and every tensor named in ``extra``.

    Args:
        ranges: of the tensors to keep as uint8; empty for a float model.
    """
    b = _Builder(arrays, ranges, frozenset(graph.wide))
    if len(graph.shape) == 3:
        b.leave("images", b.node("Transpose", ["images"], perm=[0, 3, 1, 2]), 4)
    else:
        b.leave("images", "images", len(graph.shape) + 1)
    for step in steps:
        if isinstance(step, Conv):
            _conv(b, step)
        else:
            _RULES[step.op](b, step)
    outputs = [(graph.logits, "logits")]
    if graph.features:
        outputs.append((graph.features, "features"))
    outputs += [(value, value) for value in extra]
    infos = []
    for value, name in outputs:
        b.nodes.append(helper.make_node("Identity", [b.float_of(value)], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * b.ranks[value]))
    source = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", *graph.shape])
    made = helper.make_graph(b.nodes, "member", [source], infos, b.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return bytes(helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString())


def _conv(b: _Builder, conv: Conv) -> None:
    attrs: dict[str, Any] = {
        "strides": conv.strides,
        "pads": conv.pads,
        "dilations": conv.dilations,
        "group": conv.groups,
        "kernel_shape": conv.kernel.shape[:2],
    }
    low_bits = b.quantised.get(conv.source)
    if low_bits is None:
        kernel = b.constant(_first_axis(conv.kernel * conv.scale))
        bias = b.constant(conv.bias)
    else:
        values, scale, offset = integers(conv, low_bits.step)
        none = b.constant(np.zeros(len(scale)), np.int8)
        kernel = b.node(
            "DequantizeLinear", [b.constant(_first_axis(values), np.int8), b.constant(scale), none], axis=0
        )
        steps = [b.constant(offset, np.int32), b.constant(scale * np.float32(low_bits.step))]
        bias = b.node("DequantizeLinear", [*steps, b.constant(np.zeros(len(scale)), np.int32)], axis=0)
    source = b.floats[conv.source] if low_bits is None else b.dequantised(low_bits)
    tensor = b.node("Conv", [source, kernel, bias], **attrs)
    b.leave(conv.output, _bounded(b, tensor, conv.act, conv.output), 4)


def integers(conv: Conv, step: float) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.int32]]:
    """Return kernel, scales and int32 bias for an input of ``step`` a unit.

    A channel whose weights are all but zero could need a bias beyond 32 bits; its scale is raised.
    """
    least = np.abs(conv.bias) / (step * 2.0**30)
    scale = np.maximum(conv.scale, least).astype(np.float32)
    values = conv.kernel
    if (scale > conv.scale).any():
        values = np.clip(np.rint(conv.kernel * (conv.scale / scale)), -127, 127).astype(np.int8)
    return values, scale, np.rint(conv.bias / (scale * step)).astype(np.int32)


def _first_axis(kernel: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def _bounded(b: _Builder, tensor: str, act: str | None, value: str) -> str:
    """Apply ReLU or ReLU6; a uint8 result that begins at zero is cut there by its own range."""
    if act is None or (value in b.ranges and value not in b.wide and b.ranges[value][0] >= 0):
        return tensor
    if act == "relu":
        return b.node("Relu", [tensor])
    return b.node("Clip", [tensor, b.constant(0.0), b.constant(6.0)])


def _act(b: _Builder, node: Node) -> None:
    source, fn = node.inputs[0], node.attrs["fn"]
    if fn == "relu" and source in b.quantised and source not in b.wide:
        b.through(node.output, source, "Clip", [b.quantised[source].zero])
        return
    tensor = b.float_of(source)
    if fn in ("relu", "relu6"):
        made = _bounded(b, tensor, fn, node.output)
    elif fn == "silu":
        made = b.node("Mul", [tensor, b.node("Sigmoid", [tensor])])
    elif fn == "gelu":
        half = b.node("Mul", [tensor, b.constant(0.5)])
        error = b.node("Erf", [b.node("Mul", [tensor, b.constant(2**-0.5)])])
        made = b.node("Mul", [half, b.node("Add", [error, b.constant(1.0)])])
    elif fn == "hard_sigmoid":
        made = b.node("HardSigmoid", [tensor], alpha=1 / 6, beta=0.5)
    elif fn == "softmax":
        made = b.node("Softmax", [tensor], axis=1 if b.ranks[source] == 4 else -1)
    else:
        made = b.node({"sigmoid": "Sigmoid", "tanh": "Tanh"}[fn], [tensor])
    b.leave(node.output, made, b.ranks[source])


def _affine(b: _Builder, node: Node) -> None:
    source = node.inputs[0]
    rank = b.ranks[source]
    shape = (1, -1, 1, 1) if rank == 4 else (1,) * (rank - 1) + (-1,)
    pair = [b.constant(np.reshape(node.attrs[key], shape)) for key in ("scale", "offset")]
    b.leave(node.output, b.node("Add", [b.node("Mul", [b.float_of(source), pair[0]]), pair[1]]), rank)


def _flip(b: _Builder, node: Node) -> None:
    ends = [b.constant([value], np.int64) for value in (-1, -(2**31), 1, -1)]
    b.through(node.output, node.inputs[0], "Slice", ends)


def _repeat(b: _Builder, node: Node) -> None:
    times = b.constant([1, int(node.attrs["times"]), 1, 1], np.int64)
    b.through(node.output, node.inputs[0], "Tile", [times])


def _pad(b: _Builder, node: Node) -> None:
    top, left, bottom, right = node.attrs["pads"]
    source = node.inputs[0]
    low_bits = b.quantised.get(source)
    fill = low_bits.zero if low_bits else b.constant(0.0)
    sides = b.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    b.through(node.output, source, "Pad", [sides, fill], mode="constant")


def _window(node: Node) -> dict[str, Any]:
    return {"kernel_shape": node.attrs["size"], "strides": node.attrs["strides"], "pads": node.attrs["pads"]}


def _maxpool(b: _Builder, node: Node) -> None:
    b.through(node.output, node.inputs[0], "MaxPool", **_window(node))


def _avgpool(b: _Builder, node: Node) -> None:
    tensor = b.node("AveragePool", [b.float_of(node.inputs[0])], count_include_pad=0, **_window(node))
    b.leave(node.output, tensor, 4)


def _join(op: str) -> Callable[[_Builder, Node], None]:
    def rule(b: _Builder, node: Node) -> None:
        rank = max(b.ranks[name] for name in node.inputs)
        extra = {"axis": 1 if rank == 4 else -1} if op == "Concat" else {}
        tensor = b.node(op, [b.float_of(name) for name in node.inputs], **extra)
        b.leave(node.output, _bounded(b, tensor, node.attrs.get("act"), node.output), rank)

    return rule


def _gap(b: _Builder, node: Node) -> None:
    pooled = b.node("GlobalAveragePool", [b.float_of(node.inputs[0])])
    if node.attrs["keepdims"]:
        b.leave(node.output, pooled, 4)
    else:
        b.leave(node.output, b.node("Flatten", [pooled]), 2)


def _last(b: _Builder, value: str) -> str:
    """Return a float tensor with channels last, as Keras orders what is flattened."""
    tensor = b.float_of(value)
    return b.node("Transpose", [tensor], perm=[0, 2, 3, 1]) if b.ranks[value] == 4 else tensor


def _flatten(b: _Builder, node: Node) -> None:
    b.leave(node.output, b.node("Flatten", [_last(b, node.inputs[0])]), 2)


def _reshape(b: _Builder, node: Node) -> None:
    shape = [int(side) for side in node.attrs["shape"]]
    made = b.node("Reshape", [_last(b, node.inputs[0]), b.constant([-1, *shape], np.int64)])
    if len(shape) == 3:
        made = b.node("Transpose", [made], perm=[0, 3, 1, 2])
    b.leave(node.output, made, len(shape) + 1)


def _dense(b: _Builder, node: Node) -> None:
    kernel = np.asarray(b.arrays[node.attrs["kernel"]], np.float32)
    bias = b.arrays[node.attrs["bias"]] if node.attrs["bias"] else np.zeros(kernel.shape[-1])
    source = node.inputs[0]
    product = b.node("MatMul", [_last(b, source), b.constant(kernel)])
    made = b.node("Add", [product, b.constant(bias)])
    if b.ranks[source] == 4:
        made = b.node("Transpose", [made], perm=[0, 3, 1, 2])
    b.leave(node.output, made, b.ranks[source])


_RULES: dict[str, Callable[[_Builder, Node], None]] = {
    "affine": _affine,
    "flip": _flip,
    "repeat": _repeat,
    "act": _act,
    "pad": _pad,
    "maxpool": _maxpool,
    "avgpool": _avgpool,
    "add": _join("Add"),
    "multiply": _join("Mul"),
    "concat": _join("Concat"),
    "gap": _gap,
    "flatten": _flatten,
    "reshape": _reshape,
    "dense": _dense,
}
