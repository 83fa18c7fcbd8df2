"""Measure what this machine can do at most, and how much arithmetic each network needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.machine import THREADS
from benchmarks.stats import timed

if TYPE_CHECKING:
    from inference._bundle import MemberEntry

#: Side of the square matrices of the product test.
MATRIX: Final = 1536
#: The convolution test: batch, side, channels in and out, 3 x 3.
BATCH, SIDE, CHANNELS = 8, 28, 256


def ceilings(seconds: float) -> dict[str, Any]:
    """Return GFLOP/s (a multiply and an add are two) of matrix products and convolutions, and where one failed, why."""
    found: dict[str, Any] = {}
    for name, test in TESTS.items():
        try:
            found[name] = test(seconds)
        except Exception as error:  # noqa: BLE001 - a runtime without this kernel says so in its own words
            found[name] = {"problem": f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"}
    return found


def _sgemm(seconds: float) -> dict[str, Any]:
    a = np.random.default_rng(0).random((MATRIX, MATRIX), np.float32)
    b = a.T.copy()
    return _rate(lambda: a @ b, MATRIX**3, seconds)


def _conv_float(seconds: float) -> dict[str, Any]:
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).standard_normal((CHANNELS, CHANNELS, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    shape = [BATCH, CHANNELS, SIDE, SIDE]
    graph = helper.make_graph(
        [node],
        "conv",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(weights, "w")],
    )
    return _conv(graph, np.float32, seconds)


def _conv_int8(seconds: float) -> dict[str, Any]:
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = rng.integers(-127, 127, (CHANNELS, CHANNELS, 3, 3), np.int8)
    scales = {"xs": np.float32(0.02), "ws": np.float32(0.01), "ys": np.float32(0.5)}
    zeros = {"xz": np.uint8(128), "wz": np.int8(0), "yz": np.uint8(128)}
    constants = [
        numpy_helper.from_array(np.asarray(value), name) for name, value in {**scales, **zeros}.items()
    ]
    node = helper.make_node(
        "QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], pads=[1, 1, 1, 1]
    )
    shape = [BATCH, CHANNELS, SIDE, SIDE]
    graph = helper.make_graph(
        [node],
        "conv",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, shape)],
        [numpy_helper.from_array(weights, "w"), *constants],
    )
    return _conv(graph, np.uint8, seconds)


def _conv(graph: Any, dtype: Any, seconds: float) -> dict[str, Any]:
    import onnxruntime
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    pixels = (np.random.default_rng(0).random((BATCH, CHANNELS, SIDE, SIDE)) * 200).astype(dtype)
    return _rate(lambda: session.run(None, {"x": pixels}), BATCH * SIDE**2 * CHANNELS**2 * 9, seconds)


def _rate(call: Callable[[], Any], macs: int, seconds: float) -> dict[str, Any]:
    times = timed(call, seconds=seconds)
    # The ceiling is what the machine can do, so the fast end of the spread stands for it.
    return {"gflops": round(2 * macs / times["low"] / 1e6, 1), **times}


TESTS: Final[dict[str, Callable[[float], dict[str, Any]]]] = {
    "float32 matrix product (NumPy)": _sgemm,
    "float32 convolution (ONNX Runtime)": _conv_float,
    "int8 convolution (ONNX Runtime)": _conv_int8,
}
#: Which ceiling an engine is held against.
FLOAT_CEILING: Final = "float32 convolution (ONNX Runtime)"
INT8_CEILING: Final = "int8 convolution (ONNX Runtime)"


def of_member(entry: MemberEntry) -> int | None:
    """Return the multiply-adds of one face through a bundle's member, None for one that reads no pixels."""
    from inference.members import InputShape, get_member, multiply_adds

    graph = get_member(entry.architecture).build(InputShape(*entry.size, entry.channels), 6, 0.0, entry.width)
    return multiply_adds(graph) or None


def share(macs: int, batch: int, ms: float, ceiling_gflops: float) -> dict[str, float]:
    """Return the GFLOP/s that a network reached and its share of the ceiling (a network is never free of copies)."""
    reached = 2 * macs * batch / ms / 1e6
    return {"gflops": round(reached, 1), "share": round(reached / ceiling_gflops, 3)}
