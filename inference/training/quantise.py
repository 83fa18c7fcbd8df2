"""Find the ranges that int8 activations need, by looking at training images; choose by measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._engines.fuse import Arrays, Conv, Step, fused
from inference._engines.graph import Graph
from inference._engines.onnx_engine import OnnxEngine, observe
from inference._ensemble import softmax

#: Shares of a tensor's values that stay inside its range, in percent: all of them, or fewer.
POLICIES: Final = (100.0, 99.99)
#: How much closer to the float answers float residual sums must come to be worth their time.
WIDE_GAIN: Final = 0.1
BATCH: Final = 16
#: Steps whose uint8 result is their input's, so that they need no range of their own.
_THROUGH: Final = frozenset({"flip", "repeat", "pad", "maxpool"})
#: What stays float: pixels as they come in (so the first convolution too) and all that is pooled.
_FLOAT: Final = frozenset({"gap", "dense", "flatten", "reshape"})

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Calibration:
    """What calibration chose and what it costs.

    Attributes:
        graph: with the chosen ranges.
        policy: percent of values kept inside.
        divergence: mean Kullback-Leibler divergence from the float answers, nats, of each try.
    """

    graph: Graph
    policy: float
    divergence: Mapping[str, float]


def calibrate(graph: Graph, arrays: Arrays, inputs: NDArray[np.float32], threads: int = 2) -> Calibration:
    """Fit ranges on half of ``inputs``, choose policy and residual sums on the other half.

    Args:
        inputs: prepared pictures ``(n, h, w, c)`` of training faces; a few hundred are enough.

    Raises:
        ValueError: fewer than four pictures.
    """
    if len(inputs) < 4:
        raise ValueError("Calibration needs at least four pictures.")
    fitted, held = inputs[::2], inputs[1::2]
    steps = fused(graph, arrays)
    sums = tuple(s.output for s in steps if not isinstance(s, Conv) and s.op == "add")
    ranges = observed(graph, arrays, fitted, threads)
    wanted = softmax(OnnxEngine(graph, arrays, "onnx-float", threads).run(held)[0])

    def cost(policy: float, wide: tuple[str, ...]) -> float:
        made = replace(graph, ranges=ranges[policy], wide=wide)
        return divergence(wanted, softmax(OnnxEngine(made, arrays, "onnx-int8", threads).run(held)[0]))

    tried = {str(policy): cost(policy, ()) for policy in POLICIES}
    policy = min(POLICIES, key=lambda one: tried[str(one)])
    wide: tuple[str, ...] = ()
    if sums:
        tried["float sums"] = cost(policy, sums)
        wide = sums if tried["float sums"] < (1 - WIDE_GAIN) * tried[str(policy)] else ()
    return Calibration(replace(graph, ranges=ranges[policy], wide=wide), policy, tried)


def divergence(wanted: NDArray[np.floating], given: NDArray[np.floating]) -> float:
    """Return the mean Kullback-Leibler divergence of ``(n, k)`` probabilities, in nats."""
    logs = np.log(np.clip(wanted, 1e-12, 1)) - np.log(np.clip(given, 1e-12, 1))
    return float((wanted * logs).sum(1).mean())


def observed(
    graph: Graph, arrays: Arrays, inputs: NDArray[np.float32], threads: int = 2
) -> dict[float, Ranges]:
    """Return the range of every tensor int8 needs, per policy: the mean over batches of percentiles."""
    names = tensors(fused(graph, arrays))
    seen: dict[float, dict[str, list[tuple[float, float]]]] = {p: {n: [] for n in names} for p in POLICIES}
    for values in observe(graph, arrays, list(_batches(inputs)), threads):
        for name in names:
            flat = values[name].ravel()
            marks = [mark for policy in POLICIES for mark in (100 - policy, policy)]
            found = np.percentile(flat, marks).reshape(-1, 2)
            for policy, (low, high) in zip(POLICIES, found, strict=True):
                seen[policy][name].append((float(low), float(high)))
    return {policy: {n: _united(pairs, policy) for n, pairs in per.items()} for policy, per in seen.items()}


def _united(pairs: list[tuple[float, float]], policy: float) -> tuple[float, float]:
    table = np.asarray(pairs)
    whole = policy == 100.0
    low = table[:, 0].min() if whole else table[:, 0].mean()
    high = table[:, 1].max() if whole else table[:, 1].mean()
    return float(f"{low:.6g}"), float(f"{high:.6g}")


def tensors(steps: list[Step]) -> list[str]:
    """Name what leaves as uint8: all that convolutions, sums and joins make, but for the pixels themselves."""
    plain = {"images"}
    for step in steps:
        if not isinstance(step, Conv) and step.op != "act" and set(step.inputs) <= plain:
            plain.add(step.output)
    made = [
        s.output
        for s in steps
        if isinstance(s, Conv) or (s.op not in _THROUGH | _FLOAT and s.output not in plain)
    ]
    shadow = {s.output for s in steps if not isinstance(s, Conv) and s.op in _FLOAT}
    for step in steps:  # whatever follows the pooled features stays float, the class layer above all
        source = (step.source,) if isinstance(step, Conv) else step.inputs
        if shadow & set(source):
            shadow.add(step.output)
    return [name for name in made if name not in shadow]


def _batches(inputs: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    for i in range(0, len(inputs), BATCH):
        yield np.asarray(inputs[i : i + BATCH], np.float32)
