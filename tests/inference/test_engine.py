"""One stored set of weights answers alike on every engine, and only what is known is built."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from inference import _engines
from inference._engines.build import integers
from inference._engines.fuse import Conv, quantise_kernel
from inference._engines.graph import from_json


def member(name: str, channels: Any = 1) -> tuple[Any, Any, Any]:
    """Build a narrow member with lively norm layers; returns Keras engine, stored arrays, node list."""
    import keras

    from inference._bundle import dequantised, quantised
    from inference._engines.keras_engine import KerasEngine
    from inference._engines.walk import walk
    from inference.members import InputShape, get_member

    keras.utils.set_random_seed(5)
    model = get_member(name).build(InputShape(48, 40, channels), 6, 0.2, 0.25)
    rng = np.random.default_rng(3)
    arrays = {weight.path: np.asarray(weight.numpy()) for weight in model.weights}
    for path, value in arrays.items():
        if path.endswith(("variance", "gamma")):
            arrays[path] = rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        elif value.ndim == 1:
            arrays[path] = rng.normal(0, 0.2, value.shape).astype(np.float32)
    gammas = [path for path in arrays if path.endswith("gamma")]
    for path in gammas[:1]:  # a norm layer may turn a channel's sign
        arrays[path][::2] *= -1
    stored = quantised(arrays)
    floats = dequantised(stored)
    model.set_weights([floats[weight.path] for weight in model.weights])
    graph = from_json(json.loads(json.dumps(walk(model).to_json())))
    return KerasEngine(model), stored, graph


def pictures(shape: tuple[int, ...], count: int = 12) -> np.ndarray:
    rng = np.random.default_rng(1)
    if len(shape) == 2:
        return rng.normal(0, 0.6, (count, *shape)).astype(np.float32)
    coarse = rng.uniform(0, 255, (count, 6, 5, shape[2]))
    return np.kron(coarse, np.ones((1, 8, 8, 1))).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("cnn", 3),
        ("landmarks", 1),
        ("mobilenet_v2", 1),
        ("resnet50", 3),
        ("vgg16", 1),
        ("xception", 1),
    ],
)
def test_float_graph_from_the_stored_weights_answers_as_keras_does(name: str, channels: int) -> None:
    from inference._engines.onnx_engine import OnnxEngine

    keras_one, stored, graph = member(name, channels)
    x = pictures(graph.shape, 3)
    wanted, features = keras_one.run(x)
    logits, seen = OnnxEngine(graph, stored, "onnx-float", 1).run(x)
    assert np.allclose(logits, wanted, atol=2e-3 * max(1, abs(wanted).max()))
    assert features is not None
    assert seen is not None
    assert features.shape == seen.shape
    assert np.allclose(seen, features, atol=2e-3 * max(1, abs(features).max()))


@pytest.mark.parametrize("name", ["alexnet", "resnet50"])
def test_calibrated_int8_stays_close_to_the_float_answers(name: str) -> None:
    from inference._engines.onnx_engine import OnnxEngine
    from inference.training.quantise import calibrate

    _, stored, graph = member(name)
    x = pictures(graph.shape, 24)
    found = calibrate(graph, stored, x, 1)
    assert found.divergence[str(found.policy)] < 0.02
    wanted = OnnxEngine(graph, stored, "onnx-float", 1).run(x)[0]
    given = OnnxEngine(found.graph, stored, "onnx-int8", 1).run(x)[0]
    assert not np.array_equal(given, wanted)
    assert np.corrcoef(given.ravel(), wanted.ravel())[0, 1] > 0.97


def test_int8_without_ranges_is_refused() -> None:
    from inference._engines.onnx_engine import OnnxEngine

    _, stored, graph = member("cnn")
    with pytest.raises(ValueError, match="ranges"):
        OnnxEngine(graph, stored, "onnx-int8", 1)


def test_layer_without_a_node_is_named() -> None:
    import keras

    from inference._engines.walk import UnknownLayer, walk

    images = keras.Input((8, 8, 1))
    x = keras.layers.UpSampling2D()(images)
    with pytest.raises(UnknownLayer, match="UpSampling2D"):
        walk(keras.Model(images, {"logits": x}))


def good() -> dict[str, Any]:
    return {
        "shape": [4, 4, 1],
        "nodes": [{"op": "gap", "in": ["images"], "out": "pooled", "keepdims": False}],
        "logits": "pooled",
        "features": None,
        "ranges": {},
        "wide": [],
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g["nodes"][0].update(op="exec"),
        lambda g: g["nodes"][0].pop("keepdims"),
        lambda g: g["nodes"][0].update({"in": ["nothing"]}),
        lambda g: g.update(logits="nothing"),
        lambda g: g.update(ranges={"pooled": [0, float("nan")]}),
        lambda g: g.update(ranges={"pooled": [2, 1]}),
        lambda g: g.pop("nodes"),
        lambda g: g["nodes"].append({"op": "act", "in": ["pooled"], "out": "x", "fn": "__import__"}),
    ],
)
def test_node_list_that_does_not_hang_together_is_refused(change: Any) -> None:
    raw = good()
    assert from_json(raw).logits == "pooled"
    change(raw)
    with pytest.raises(ValueError, match=r"node list|lacks|follow"):
        from_json(raw)


def test_depthwise_kernel_keeps_one_scale_an_input_channel() -> None:
    kernel = np.zeros((3, 3, 4, 1), np.float32)
    kernel[..., 0, 0], kernel[..., 1, 0] = 1.27, 0.0127
    values, scale = quantise_kernel(kernel)
    assert scale.shape == (4, 1)
    assert values[0, 0, :2, 0].tolist() == [127, 127]


def test_bias_of_an_all_but_dead_channel_fits_32_bits() -> None:
    conv = Conv(
        "a", "b", np.full((1, 1, 1, 2), 127, np.int8), np.array([1e-14, 0.01], np.float32),
        np.array([0.5, 0.5], np.float32), (1, 1), (0, 0, 0, 0), (1, 1), 1,
    )  # fmt: skip
    values, scale, bias = integers(conv, 0.02)
    assert bias * (scale.astype(np.float64) * 0.02) == pytest.approx([0.5, 0.5], rel=1e-2)
    assert values[0, 0, 0].tolist() == [0, 127]


@pytest.mark.parametrize(
    ("setting", "preferred", "has_graph", "fast", "chosen"),
    [
        ("auto", "onnx-int8", True, True, "onnx-int8"),
        ("auto", "onnx-int8", True, False, "onnx-float"),
        ("auto", "onnx-float", True, True, "onnx-float"),
        ("keras", "onnx-int8", True, True, "keras"),
        ("onnx-float", "onnx-int8", False, True, "keras"),
    ],
)
def test_engine_follows_setting_bundle_and_processor(
    setting: str, preferred: Any, has_graph: bool, fast: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_engines, "has_dot_product", lambda: fast)
    assert _engines.choose(setting, preferred, has_graph=has_graph) == chosen


def test_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="MAEUM_ENGINE"):
        _engines.choose("tpu", "keras", has_graph=True)


def test_choosing_an_engine_imports_none() -> None:
    code = (
        "import sys; from inference import _engines;"
        "_engines.choose('auto', 'onnx-int8', has_graph=True);"
        "bad = {'tensorflow', 'keras', 'onnxruntime', 'onnx'} & set(sys.modules); sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
