"""A member's graph as data: a short list of nodes that JSON holds and no reader can run as code.

Tensors are named; pictures are ``(n, h, w, c)`` as in Keras. A node names its arrays by the weight
paths under which the bundle stores them. ``OPS`` lists every word a node may use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Every operation and the attributes it must carry.
OPS: Final[dict[str, frozenset[str]]] = {
    "affine": frozenset({"scale", "offset"}),
    "flip": frozenset(),
    "repeat": frozenset({"times"}),
    "conv": frozenset({"kernel", "bias", "strides", "pads", "dilations", "groups"}),
    "depthwise": frozenset({"kernel", "bias", "strides", "pads", "dilations"}),
    "norm": frozenset({"gamma", "beta", "mean", "variance", "epsilon"}),
    "act": frozenset({"fn"}),
    "pad": frozenset({"pads"}),
    "maxpool": frozenset({"size", "strides", "pads"}),
    "avgpool": frozenset({"size", "strides", "pads"}),
    "add": frozenset(),
    "multiply": frozenset(),
    "concat": frozenset(),
    "gap": frozenset({"keepdims"}),
    "flatten": frozenset(),
    "reshape": frozenset({"shape"}),
    "dense": frozenset({"kernel", "bias"}),
}
ACTIVATIONS: Final = frozenset(
    {"relu", "relu6", "sigmoid", "tanh", "softmax", "silu", "gelu", "hard_sigmoid"}
)


@dataclass(frozen=True)
class Node:
    """One operation; ``attrs`` are JSON values, weights are named in them by path."""

    op: str
    inputs: tuple[str, ...]
    output: str
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """What a member computes.

    Attributes:
        shape: of the input without the batch, ``(h, w, c)`` for pictures.
        nodes: in the order in which they can run; the input is called ``images``.
        logits: name of the class tensor.
        features: name of the last feature map; None for a member without one.
        ranges: smallest and largest value of each tensor that int8 needs, from calibration.
        wide: tensors that only convolutions read as uint8 (residual sums, whose errors would add up).
    """

    shape: tuple[int, ...]
    nodes: tuple[Node, ...]
    logits: str
    features: str | None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    wide: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        nodes = [{"op": n.op, "in": list(n.inputs), "out": n.output, **n.attrs} for n in self.nodes]
        return {
            "shape": list(self.shape),
            "nodes": nodes,
            "logits": self.logits,
            "features": self.features,
            "ranges": {name: list(pair) for name, pair in self.ranges.items()},
            "wide": list(self.wide),
        }


def from_json(raw: Mapping[str, Any]) -> Graph:
    """Read a node list and check that it hangs together; raises ``ValueError`` with a sentence."""
    try:
        nodes = tuple(_node(dict(entry)) for entry in raw["nodes"])
        ranges = {str(k): (float(v[0]), float(v[1])) for k, v in raw["ranges"].items()}
        shape = tuple(int(side) for side in raw["shape"])
        graph = Graph(shape, nodes, str(raw["logits"]), raw["features"], ranges, tuple(raw["wide"]))
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"The node list cannot be understood: {error!r}") from error
    _check(graph)
    return graph


def _node(raw: dict[str, Any]) -> Node:
    op, inputs, output = str(raw.pop("op")), tuple(map(str, raw.pop("in"))), str(raw.pop("out"))
    if op not in OPS:
        raise ValueError(f"The node list asks for the unknown operation {op!r}.")
    if missing := OPS[op] - set(raw):
        raise ValueError(f"{op} {output} lacks {', '.join(sorted(missing))}.")
    if op == "act" and raw["fn"] not in ACTIVATIONS:
        raise ValueError(f"The node list asks for the unknown activation {raw['fn']!r}.")
    return Node(op, inputs, output, raw)


def _check(graph: Graph) -> None:
    known = {"images"}
    for node in graph.nodes:
        if not node.inputs or not set(node.inputs) <= known or node.output in known:
            raise ValueError(f"{node.op} {node.output} does not follow from what comes before it.")
        known.add(node.output)
    if not {graph.logits, graph.features or graph.logits} <= known:
        raise ValueError("The node list does not make what it says it answers with.")
    if not all(
        math.isfinite(low) and math.isfinite(high) and low <= high for low, high in graph.ranges.values()
    ):
        raise ValueError("The node list's ranges are not finite.")
