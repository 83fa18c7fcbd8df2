"""Run a member with ONNX Runtime, from the bundle's node list and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from inference._engines import EngineName, Outputs
from inference._engines.build import build
from inference._engines.fuse import Arrays, fused
from inference._engines.graph import Graph


class OnnxEngine:
    """One ONNX Runtime session; safe to call from several threads."""

    def __init__(self, graph: Graph, arrays: Arrays, name: EngineName, threads: int) -> None:
        ranges = graph.ranges if name == "onnx-int8" else {}
        if name == "onnx-int8" and not ranges:
            raise ValueError("The bundle holds no ranges for int8.")
        self.name: EngineName = name
        self._session = session(build(graph, fused(graph, arrays), arrays, ranges=ranges), threads)
        self._outputs = ["logits", "features"] if graph.features else ["logits"]

    def run(self, inputs: NDArray[np.float32], /) -> Outputs:
        """Return logits and features; features come channels last."""
        out = self._session.run(self._outputs, {"images": np.ascontiguousarray(inputs, np.float32)})
        features = out[1].transpose(0, 2, 3, 1) if len(out) > 1 else None
        return out[0], features


def session(model: bytes, threads: int) -> ort.InferenceSession:
    """Open a session of so many threads that wait asleep, not spinning, and keep no memory back."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Several members take turns on the same cores: a spinning pool would slow down the next one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def observe(graph: Graph, arrays: Arrays, inputs: Sequence[NDArray[np.float32]], threads: int) -> Any:
    """Yield ``{tensor: values}`` of the float graph for each batch, for calibration."""
    steps = fused(graph, arrays)
    names = [step.output for step in steps]
    opened = session(build(graph, steps, arrays, ranges={}, extra=names), threads)
    for batch in inputs:
        yield dict(zip(names, opened.run(names, {"images": batch}), strict=True))
