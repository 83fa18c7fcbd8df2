"""Write a functional Keras graph down as a node list. Runs when a bundle is made, never when it serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from inference._engines.graph import ACTIVATIONS, Graph, Node


class UnknownLayer(ValueError):
    """The graph has a layer for which there is no node; such a member runs on Keras alone."""


def walk(model: Any) -> Graph:
    """Return the node list of a member's model; raises :class:`UnknownLayer`.

    Args:
        model: a functional model with one input and a dict of outputs ``logits`` and, where there is
            a map, ``features``.
    """
    walker = _Walker()
    source = model.inputs[0]
    walker.names[id(source)] = "images"
    walker.follow(model)
    outputs = dict(model.output)
    features = outputs.get("features")
    return Graph(
        tuple(int(side) for side in source.shape[1:]),
        tuple(walker.nodes),
        walker.names[id(outputs["logits"])],
        walker.names[id(features)] if features is not None else None,
    )


class _Walker:
    """Names every tensor and collects nodes."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.nodes: list[Node] = []
        self.kept: list[Any] = []  # tensors named by id must stay alive

    def follow(self, model: Any) -> None:
        """Walk one functional model whose inputs are already named."""
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for call in model._nodes_by_depth[depth]:
                if not call.is_input:
                    self._call(call)

    def _call(self, call: Any) -> None:
        operation, output = call.operation, call.outputs[0]
        inputs = [self.names[id(tensor)] for tensor in call.arguments.keras_tensors]
        self.kept.append(call)
        if hasattr(operation, "_nodes_by_depth"):
            self.names[id(operation.inputs[0])] = inputs[0]
            self.follow(operation)
            self.names[id(output)] = self.names[id(operation.outputs[0])]
            return
        kind = type(operation).__name__
        if kind in _NOTHING:
            self.names[id(output)] = inputs[0]
            return
        rule = _RULES.get(kind)
        if rule is None:
            raise UnknownLayer(f"There is no node for the layer {kind} ({operation.name}).")
        shapes = [tuple(tensor.shape) for tensor in call.arguments.keras_tensors]
        for op, attrs in rule(operation, shapes, call):
            name = f"{operation.name}/{len(self.nodes)}"
            self.nodes.append(Node(op, tuple(inputs), name, attrs))
            inputs = [name]
        self.names[id(output)] = inputs[0]


#: Layers that do nothing when serving.
_NOTHING = frozenset(
    {"Dropout", "SpatialDropout2D", "GaussianNoise", "ActivityRegularization", "Identity", "Cast"}
)

Steps = list[tuple[str, dict[str, Any]]]
Shapes = Sequence[tuple[int, ...]]


def _same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return TensorFlow's padding before and after for ``padding="same"``."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _pads(
    layer: Any, kernel: Sequence[int], shape: tuple[int, ...], dilation: Sequence[int] = (1, 1)
) -> list[int]:
    """Return explicit pads: top, left, bottom, right."""
    if layer.padding != "same":
        return [0, 0, 0, 0]
    sides = [_same(shape[1 + i], kernel[i], layer.strides[i], dilation[i]) for i in (0, 1)]
    return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]


def _activation(function: Any) -> Steps:
    name = getattr(function, "__name__", str(function))
    name = {"swish": "silu"}.get(name, name)
    if name == "linear":
        return []
    if name not in ACTIVATIONS:
        raise UnknownLayer(f"There is no node for the activation {name}.")
    return [("act", {"fn": name})]


def _path(weight: Any) -> str | None:
    return None if weight is None else str(weight.path)


def _conv(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    attrs = {
        "kernel": _path(layer.kernel),
        "bias": _path(layer.bias) if layer.use_bias else None,
        "strides": list(layer.strides),
        "pads": _pads(layer, layer.kernel_size, shapes[0], layer.dilation_rate),
        "dilations": list(layer.dilation_rate),
        "groups": int(layer.groups),
    }
    return [("conv", attrs), *_activation(layer.activation)]


def _depthwise(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    attrs = {
        "kernel": _path(layer.kernel),
        "bias": _path(layer.bias) if layer.use_bias else None,
        "strides": list(layer.strides),
        "pads": _pads(layer, layer.kernel_size, shapes[0], layer.dilation_rate),
        "dilations": list(layer.dilation_rate),
    }
    return [("depthwise", attrs), *_activation(layer.activation)]


def _separable(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    deep = {
        "kernel": _path(layer.depthwise_kernel),
        "bias": None,
        "strides": list(layer.strides),
        "pads": _pads(layer, layer.kernel_size, shapes[0], layer.dilation_rate),
        "dilations": list(layer.dilation_rate),
    }
    point = {
        "kernel": _path(layer.pointwise_kernel),
        "bias": _path(layer.bias) if layer.use_bias else None,
        "strides": [1, 1],
        "pads": [0, 0, 0, 0],
        "dilations": [1, 1],
        "groups": 1,
    }
    return [("depthwise", deep), ("conv", point), *_activation(layer.activation)]


def _norm(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    if layer.axis not in (-1, len(shapes[0]) - 1):
        raise UnknownLayer("Batch normalisation must be over channels.")
    attrs = {
        "gamma": _path(layer.gamma) if layer.scale else None,
        "beta": _path(layer.beta) if layer.center else None,
        "mean": _path(layer.moving_mean),
        "variance": _path(layer.moving_variance),
        "epsilon": float(layer.epsilon),
    }
    return [("norm", attrs)]


def _relu(layer: Any, _shapes: Shapes, _call: Any) -> Steps:
    if layer.negative_slope or layer.threshold or layer.max_value not in (None, 6):
        raise UnknownLayer("Only plain ReLU and ReLU6 have a node.")
    return [("act", {"fn": "relu6" if layer.max_value else "relu"})]


def _pool(op: str) -> Callable[[Any, Shapes, Any], Steps]:
    def rule(layer: Any, shapes: Shapes, _call: Any) -> Steps:
        size = list(layer.pool_size)
        return [(op, {"size": size, "strides": list(layer.strides), "pads": _pads(layer, size, shapes[0])})]

    return rule


def _pad(layer: Any, _shapes: Shapes, _call: Any) -> Steps:
    (top, bottom), (left, right) = layer.padding
    return [("pad", {"pads": [top, left, bottom, right]})]


def _gap(layer: Any, _shapes: Shapes, _call: Any) -> Steps:
    return [("gap", {"keepdims": bool(layer.keepdims)})]


def _dense(layer: Any, _shapes: Shapes, _call: Any) -> Steps:
    attrs = {"kernel": _path(layer.kernel), "bias": _path(layer.bias) if layer.use_bias else None}
    return [("dense", attrs), *_activation(layer.activation)]


def _normalization(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    mean = np.asarray(layer.mean, np.float64).reshape(-1)
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance, np.float64).reshape(-1)), 1e-7)
    if layer.invert or mean.size not in (1, shapes[0][-1]):
        raise UnknownLayer("Normalization must be over channels.")
    return [_affine(1 / deviation, -mean / deviation)]


def _rescaling(layer: Any, _shapes: Shapes, _call: Any) -> Steps:
    return [_affine(layer.scale, layer.offset)]


def _affine(scale: Any, offset: Any) -> tuple[str, dict[str, Any]]:
    pair = np.broadcast_arrays(
        np.asarray(scale, np.float64).reshape(-1), np.asarray(offset, np.float64).reshape(-1)
    )
    return "affine", {"scale": pair[0].tolist(), "offset": pair[1].tolist()}


def _arithmetic(op: str) -> Callable[[Any, Shapes, Any], Steps]:
    """Node for ``a + b`` and its kin, between two tensors or a tensor and a number."""

    def rule(_layer: Any, shapes: Shapes, call: Any) -> Steps:
        if len(shapes) == 2:
            if op not in ("add", "multiply"):
                raise UnknownLayer(f"There is no node for {op} between two tensors.")
            return [(op, {})]
        values = [*call.arguments.args, *call.arguments.kwargs.values()]
        if hasattr(values[1], "_keras_history"):
            raise UnknownLayer("A number must stand behind the tensor.")
        number = np.asarray(values[1], np.float64)
        if number.size not in (1, shapes[0][-1]):
            raise UnknownLayer("Arithmetic must be per channel.")
        one, none = np.ones_like(number), np.zeros_like(number)
        made = {
            "add": (one, number),
            "subtract": (one, -number),
            "multiply": (number, none),
            "divide": (1 / np.where(number == 0, 1, number), none),
        }[op]
        return [_affine(*made)]

    return rule


def _merge(op: str) -> Callable[[Any, Shapes, Any], Steps]:
    def rule(layer: Any, shapes: Shapes, _call: Any) -> Steps:
        axis = getattr(layer, "axis", -1)
        if op == "concat" and axis not in (-1, len(shapes[0]) - 1):
            raise UnknownLayer("Tensors are joined over channels only.")
        return [(op, {})]

    return rule


def _flip(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    if axis not in (-1, len(shapes[0]) - 1):
        raise UnknownLayer("Only channels are flipped.")
    return [("flip", {})]


def _repeat(layer: Any, shapes: Shapes, _call: Any) -> Steps:
    if layer.axis not in (-1, len(shapes[0]) - 1) or shapes[0][-1] != 1:
        raise UnknownLayer("Only a single channel is repeated.")
    return [("repeat", {"times": int(layer.repeats)})]


def _reshape(layer: Any, _shapes: Shapes, call: Any) -> Steps:
    return [("reshape", {"shape": [int(side) for side in call.outputs[0].shape[1:]]})]


_RULES: dict[str, Callable[[Any, Shapes, Any], Steps]] = {
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "BatchNormalization": _norm,
    "Activation": lambda layer, _shapes, _call: _activation(layer.activation),
    "ReLU": _relu,
    "MaxPooling2D": _pool("maxpool"),
    "AveragePooling2D": _pool("avgpool"),
    "ZeroPadding2D": _pad,
    "GlobalAveragePooling2D": _gap,
    "Dense": _dense,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "Add": lambda layer, shapes, call: _arithmetic("add")(layer, shapes, call),
    "Subtract": _arithmetic("subtract"),
    "Divide": _arithmetic("divide"),
    "TrueDivide": _arithmetic("divide"),
    "Multiply": _arithmetic("multiply"),
    "Concatenate": _merge("concat"),
    "Flip": _flip,
    "ReverseChannels": lambda _layer, _shapes, _call: [("flip", {})],
    "Repeat": _repeat,
    "Flatten": lambda _layer, _shapes, _call: [("flatten", {})],
    "Reshape": _reshape,
}
