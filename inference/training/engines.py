"""Measure a member on every engine, and choose the one it ships with."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference._bundle import Bundle, MemberEntry, dequantised
from inference._engines import EngineName
from inference._members import Member, keras_engine, load_member
from inference._settings import SETTINGS
from inference.members import InputShape, get_member
from inference.training.dataset import Dataset
from inference.training.evaluation import scores
from inference.training.quantise import Calibration, divergence

#: Share of valid faces that int8 may get wrong beyond the float graph.
MOST_LOST: Final = 0.003
#: Faces that the comparison reads.
COMPARED: Final = 4000
REPEATS: Final = 25
#: What the float answers are compared against with and without tracing, in other runtimes.
LITERT: Final = ("litert-float16", "litert-int8")

Run = Callable[[NDArray[np.float32]], NDArray[np.floating]]


@dataclass(frozen=True)
class Choice:
    """Which engine a member ships with, and why.

    Attributes:
        engine: the chosen one.
        accuracy_lost: of int8 against the float graph on valid faces, as a share (negative: gained).
        policy: percent of activations kept inside the int8 ranges.
        divergence: from the float answers, nats, per thing that calibration tried.
        ms: median milliseconds of one face, per engine.
    """

    engine: EngineName
    accuracy_lost: float | None
    policy: float | None
    divergence: Mapping[str, float]
    ms: Mapping[str, float]


def choose_engine(bundle: Bundle, entry: MemberEntry, valid: Dataset, found: Calibration) -> Choice:
    """Take int8 where it is faster than float and costs at most :data:`MOST_LOST` of accuracy."""
    faces = valid.limited(COMPARED)
    images = [faces[i] for i in range(len(faces))]
    names: tuple[EngineName, ...] = ("onnx-float", "onnx-int8")
    right: dict[str, float] = {}
    ms: dict[str, float] = {}
    for name in names:
        member = load_member(bundle, entry, name)
        chances = member.answer(images, flip=False).probabilities
        right[name] = float((chances.argmax(1) == faces.labels).mean())
        ms[name] = timed(member.engine.run, member.prepared(images[:1]))
    lost = round(right["onnx-float"] - right["onnx-int8"], 4)
    int8 = lost <= MOST_LOST and ms["onnx-int8"] <= ms["onnx-float"]
    tried = {name: round(value, 6) for name, value in found.divergence.items()}
    return Choice("onnx-int8" if int8 else "onnx-float", lost, found.policy, tried, ms)


def timed(
    run: Callable[[NDArray[np.float32]], Any], inputs: NDArray[np.float32], repeats: int = REPEATS
) -> float:
    """Return the median time of one call in milliseconds, after three that do not count."""
    for _ in range(3):
        run(inputs)
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        run(inputs)
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


def measure_member(
    bundle: Bundle, entry: MemberEntry, faces: Dataset | None, batches: Sequence[int]
) -> list[dict[str, Any]]:
    """Return one row an engine: milliseconds per batch, and how far its answers are from the float graph.

    Args:
        faces: labelled; None times on noise and leaves accuracy out.
    """
    shape = InputShape(*entry.size, entry.channels)
    images = [faces[i] for i in range(len(faces))] if faces is not None else noise(shape, max(batches))
    inputs = get_member(entry.architecture).prepare(images, shape)
    labels = faces.labels if faces is not None else None
    rows, floats = [], None
    for name, run in runners(bundle, entry, shape, inputs).items():
        answered = in_batches(run, inputs)
        floats = answered if floats is None else floats
        row: dict[str, Any] = {"member": entry.name, "engine": name}
        for size in batches:
            row[f"ms_batch_{size}"] = timed(run, np.resize(inputs, (size, *inputs.shape[1:])), 15)
        row["divergence"] = round(divergence(softmaxed(floats), softmaxed(answered)), 6)
        if labels is not None:
            row["accuracy"] = scores(softmaxed(answered), labels)["accuracy"]
            row["accuracy_lost"] = round(
                float((floats.argmax(1) == labels).mean() - (answered.argmax(1) == labels).mean()), 4
            )
        rows.append(row)
    return rows


def noise(shape: InputShape, count: int) -> list[NDArray[np.uint8]]:
    """Return grey pictures of noise, for timing alone."""
    rng = np.random.default_rng(20261121)
    return [rng.integers(0, 256, shape.size, np.uint8) for _ in range(count)]


def softmaxed(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return probabilities of logits."""
    from inference._ensemble import softmax

    return softmax(logits)


def in_batches(run: Run, inputs: NDArray[np.float32], size: int = 32) -> NDArray[np.floating]:
    """Run all inputs, ``size`` at a time."""
    return np.concatenate([run(inputs[i : i + size]) for i in range(0, len(inputs), size)])


def runners(
    bundle: Bundle, entry: MemberEntry, shape: InputShape, inputs: NDArray[np.float32]
) -> dict[str, Run]:
    """Return every engine that can run this member, the float graph first."""
    arrays = dequantised(bundle.stored(entry.file, entry.sha256))
    keras_one: Any = keras_engine(entry, shape, len(bundle.classes), arrays)
    model = keras_one.model
    found: dict[str, Run] = {
        "keras (compiled graph)": lambda x: keras_one.run(x)[0],
        "keras (eager, never shipped)": lambda x: np.asarray(model(x, training=False)["logits"]),
    }
    for name in LITERT:
        found[name] = _litert(model, name, inputs)
    onnx: tuple[EngineName, ...] = ("onnx-float", "onnx-int8") if entry.graph else ()
    for engine in onnx:
        found[engine] = _logits(load_member(bundle, entry, engine))
    return found


def _logits(member: Member) -> Run:
    return lambda x: member.engine.run(x)[0]


def _litert(model: Any, name: str, inputs: NDArray[np.float32]) -> Run:
    """Convert the graph to LiteRT: float16 weights, or int8 weights and activations with float ends."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    spec = tf.TensorSpec([None, *inputs.shape[1:]], tf.float32)
    traced = tf.function(lambda x: model(x, training=False)["logits"], input_signature=[spec])
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())  # int8 cannot read variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if name == "litert-float16":
        converter.target_spec.supported_types = [tf.float16]
    else:
        converter.representative_dataset = lambda: ([row[None]] for row in inputs[:200])
    interpreter = Interpreter(model_content=converter.convert(), num_threads=SETTINGS.threads)
    source, answer = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(x: NDArray[np.float32]) -> NDArray[np.floating]:
        if tuple(interpreter.get_input_details()[0]["shape"]) != x.shape:
            interpreter.resize_tensor_input(source, x.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(source, x)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(answer))

    interpreter.allocate_tensors()
    return run
