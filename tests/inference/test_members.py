"""Every registered network, walked by name as timm walks its models."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from inference import _crop, _faces, _mesh
from inference.members import MEMBERS, InputShape, MemberError, get_member, multiply_adds, registry
from inference.members.landmarks import EYES, normalised

SHAPE = InputShape(32, 40)
CLASSES = 5
#: Networks that start from RGB; the student's first layer reads grey itself, landmarks read no pixel.
COLOUR = sorted(set(MEMBERS) - {"cnn", "landmarks"})
ARCHITECTURES = ["alexnet", "cnn", "landmarks", "mobilenet_v2", "resnet152", "resnet50", "vgg16", "xception"]
#: What an exporter that walks layers must know, and nothing else.
PLAIN = set(
    "Activation Add BatchNormalization Concatenate Conv2D Dense DepthwiseConv2D Dropout GlobalAveragePooling2D "
    "InputLayer MaxPooling2D Normalization ReLU Rescaling Reshape ReverseChannels SeparableConv2D "
    "ZeroPadding2D".split()
)

BACKEND_SCRIPT = """
import numpy as np
from inference.members import MEMBERS, InputShape
import keras
for name, spec in MEMBERS.items():
    graph = spec.build(InputShape(32, 24), 3, 0.1, 0.25)
    x = np.random.default_rng(1).uniform(0, 255, (2, *graph.input_shape[1:])).astype("float32")
    out = {key: keras.ops.convert_to_numpy(value) for key, value in graph(x, training=False).items()}
    kernel, bias = graph.get_layer("logits").get_weights()
    assert out["logits"].shape == (2, 3) and np.isfinite(out["logits"]).all(), name
    pooled = out["features"].mean((1, 2)) @ kernel + bias
    assert np.allclose(out["logits"], pooled, atol=1e-3), name
    print(name)
print(keras.backend.backend())
"""


@cache
def built(name: str, channels: Any = 1) -> keras.Model:
    """Build once; random weights, the same in every run."""
    keras.utils.set_random_seed(7)
    width = 0.25 if name == "resnet152" else 0.5
    return get_member(name).build(replace(SHAPE, channels=channels), CLASSES, 0.0, width)


def some_input(graph: keras.Model, n: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(0, 255, (n, *graph.input_shape[1:])).astype(np.float32)


def answer(graph: keras.Model, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {key: np.asarray(value) for key, value in graph(images, training=False).items()}


@cache
def detected() -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a public-domain photo and the five points that YuNet finds in it."""
    photo = np.asarray(data.astronaut(), np.uint8)
    return photo, _faces.find_faces(np.ascontiguousarray(photo[..., ::-1]))[0].landmarks


def astronaut(side: int, turned: float = 0.0) -> NDArray[np.uint8]:
    """Return that photo's face, cut as production cuts it, then turned by degrees."""
    cut = _crop.align(*detected(), side)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turned, 1.0)
    return np.asarray(cv2.warpAffine(cut, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_the_registry_holds_the_eight_architectures_under_names_as_in_timm() -> None:
    assert sorted(MEMBERS) == ARCHITECTURES
    for architecture, spec in MEMBERS.items():
        assert spec.card.name in spec.card.names
        for name in spec.card.names:
            assert get_member(name).build is spec.build
            assert get_member(name).card.name == name
            assert get_member(name).card.architecture == architecture


@pytest.mark.parametrize("name", ["resnet18", "resnet50.unheard_of", "resnet50.", "", "../vgg16"])
def test_an_unknown_name_is_refused_with_the_names_that_are_known(name: str) -> None:
    with pytest.raises(MemberError, match=r"known are .*resnet50, resnet50\.in1k") as caught:
        get_member(name)
    assert caught.value.code == "unknown_member"


def test_two_members_of_one_name_are_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(MemberError, match=r"cnn\.scratch .* known are vgg16, cnn") as caught:
        registry([MEMBERS["vgg16"], MEMBERS["cnn"], MEMBERS["cnn"]])
    assert caught.value.code == "duplicate_member"


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_member_answers_with_classes_and_with_the_map_that_is_pooled(name: str) -> None:
    graph = built(name)
    out = answer(graph, some_input(graph))
    assert out["logits"].shape == (3, CLASSES)
    assert out["logits"].dtype == np.float32
    assert out["features"].ndim == 4
    assert np.isfinite(out["logits"]).all()
    assert np.isfinite(out["features"]).all()
    kernel, bias = graph.get_layer("logits").get_weights()
    np.testing.assert_allclose(
        out["logits"], out["features"].mean((1, 2)) @ kernel + bias, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_learning_reaches_the_first_layer_of_every_member(name: str) -> None:
    graph = keras.models.clone_model(built(name))
    first = graph.trainable_weights[0]
    before = keras.ops.convert_to_numpy(first).copy()
    for layer in graph.layers:
        layer.trainable = any(weight is first for weight in layer.weights)
    model = keras.Model(graph.input, graph.output["logits"])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, run_eagerly=True)
    x = some_input(graph, 4)
    model.train_on_batch(x, np.eye(CLASSES, dtype=np.float32)[[0, 1, 2, 3]])
    after = keras.ops.convert_to_numpy(first)
    assert np.isfinite(after).all()
    assert (after != before).any()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_go_by_name_through_a_file_and_back(name: str, tmp_path: Path) -> None:
    graph = built(name)
    paths = [weight.path for weight in graph.weights]
    assert len(set(paths)) == len(paths)
    np.savez(tmp_path / "weights.npz", **dict(zip(paths, graph.get_weights(), strict=True)))
    other = keras.models.clone_model(graph)
    assert [weight.path for weight in other.weights] == paths
    x = some_input(graph)
    assert np.abs(answer(other, x)["logits"] - answer(graph, x)["logits"]).max() > 0
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as stored:
        for weight in other.weights:
            weight.assign(stored[weight.path])
    np.testing.assert_array_equal(answer(other, x)["logits"], answer(graph, x)["logits"])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_member_is_made_of_plain_named_layers(name: str) -> None:
    layers = [layer for channels in (1, 3) for layer in built(name, channels).layers]
    assert {type(layer).__name__ for layer in layers} <= PLAIN
    # Keras numbers what nobody named: conv2d_3, activation_1.
    unnamed = {keras.src.utils.naming.to_snake_case(type(layer).__name__) for layer in layers} - {"dropout"}
    assert not [layer.name for layer in layers if layer.name.rstrip("0123456789_") in unnamed]


@pytest.mark.parametrize("name", COLOUR)
def test_a_grey_face_is_read_alike_by_the_grey_and_the_colour_graph(name: str) -> None:
    grey, colour = built(name, 1), built(name, 3)
    colour.set_weights(grey.get_weights())
    x = some_input(grey)
    one, three = answer(grey, x), answer(colour, np.repeat(x, 3, -1))
    np.testing.assert_allclose(one["logits"], three["logits"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name not in ("landmarks", "resnet152")])
@pytest.mark.parametrize("shape", [InputShape(24, 24, 3), InputShape(275, 205, 3), InputShape(400, 400, 1)])
def test_every_size_can_be_read_grey_or_colour(name: str, shape: InputShape) -> None:
    graph = get_member(name).build(shape, 2, 0.0, 0.25)
    assert graph.input_shape == (None, *shape.size, shape.channels)
    _, height, width, _ = graph.output["features"].shape
    assert height >= 1
    assert width >= 1
    assert (height > width) == (shape.height > shape.width)


@pytest.mark.parametrize("name", ["vgg16", "xception", "alexnet", "mobilenet_v2", "cnn"])
@pytest.mark.parametrize("side", [48, 64])
def test_a_small_face_ends_on_a_map_of_at_least_three_cells_a_side(name: str, side: int) -> None:
    graph = get_member(name).build(InputShape(side, side), 6, 0.0, 0.5)
    assert min(graph.output["features"].shape[1:3]) >= 3


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet50", "xception"])
def test_imagenet_weights_fit_and_mean_the_same_as_in_keras(name: str) -> None:
    spec = get_member(name)
    graph = spec.build(InputShape(96, 96, 3), 6, 0.0)
    theirs = getattr(keras.applications, spec.card.imagenet)(
        weights=None, include_top=False, input_tensor=keras.Input((96, 96, 3))
    )
    rng = np.random.default_rng(5)
    for ours, weight in zip(graph.weights[:-2], theirs.weights, strict=True):
        if "gamma" in weight.path or "moving_variance" in weight.path:
            weight.assign(rng.uniform(0.7, 1.3, weight.shape))
        ours.assign(weight)
    x = some_input(graph, 1)
    seen = keras.Model(graph.input, graph.get_layer("preprocess").output)(x)
    want = np.asarray(theirs(seen, training=False))
    assert want.max() > 0
    np.testing.assert_allclose(answer(graph, x)["features"], want, rtol=1e-4, atol=1e-5)


def test_width_makes_every_member_narrower() -> None:
    for name in ("alexnet", "cnn", "landmarks", "mobilenet_v2", "vgg16"):
        whole = get_member(name).build(SHAPE, 6, 0.0)
        assert built(name).count_params() < 0.5 * whole.count_params()
        assert multiply_adds(built(name)) < 0.5 * multiply_adds(whole)


def test_the_student_keeps_to_its_budget_and_its_cost_is_counted_right() -> None:
    graph = get_member("cnn").build(InputShape(48, 48), 6, 0.0)
    assert graph.count_params() < 2_500_000
    # By hand: 9 x inputs x outputs x cells of each convolution, and the class layer.
    cells = [48**2] + [24**2] * 2 + [12**2] * 3 + [6**2] * 5
    wide = [1, 16, 48, 48, 96, 96, 96, 192, 192, 192, 256, 256]
    by_hand = sum(9 * a * b * n for a, b, n in zip(wide, wide[1:], cells, strict=False)) + 256 * 6
    assert multiply_adds(graph) == by_hand


@pytest.mark.parametrize("size", [(23, 48, 1), (48, 23, 1), (48, 1025, 3), (0, 0, 1)])
def test_a_face_too_small_or_too_large_is_refused(size: tuple[int, int, Any]) -> None:
    with pytest.raises(MemberError, match="24 to 1024 pixels") as caught:
        InputShape(*size)
    assert caught.value.code == "input_shape"


@pytest.mark.parametrize(
    ("build", "code"),
    [
        ({"classes": 1, "dropout": 0.0, "width": 1.0}, "classes"),
        ({"classes": 6, "dropout": 1.0, "width": 1.0}, "dropout"),
        ({"classes": 6, "dropout": 0.0, "width": 0.1}, "width"),
        ({"classes": 6, "dropout": 0.0, "width": float("nan")}, "width"),
    ],
)
def test_a_member_that_cannot_be_built_says_why(build: dict[str, Any], code: str) -> None:
    with pytest.raises(MemberError, match="not") as caught:
        get_member("landmarks").build(SHAPE, **build)
    assert caught.value.code == code
    with pytest.raises(MemberError, match="1 or 3 channels"):
        InputShape(48, 48, 4)  # type: ignore[arg-type]


def test_faces_of_any_size_and_colour_become_what_the_graph_reads() -> None:
    prepare = get_member("vgg16").prepare
    red = np.zeros((50, 70, 3), np.uint8)
    red[..., 0] = 200
    mixed = prepare([red, np.full((9, 8), 7, np.uint8)], InputShape(32, 40, 3))
    assert mixed.shape == (2, 32, 40, 3)
    assert mixed.dtype == np.float32
    np.testing.assert_array_equal(mixed[0, 5, 5], [200, 0, 0])
    np.testing.assert_array_equal(mixed[1, 5, 5], [7, 7, 7])
    grey = prepare([red], InputShape(32, 40, 1))
    assert grey[0, 3, 3, 0] == round(0.299 * 200)
    many = np.arange(2 * 32 * 40, dtype=np.uint16).reshape(2, 32, 40).astype(np.uint8)
    np.testing.assert_array_equal(prepare(many, SHAPE)[..., 0], many)
    assert prepare([], SHAPE).shape == (0, 32, 40, 1)


@pytest.mark.parametrize("member", ["cnn", "landmarks"])
@pytest.mark.parametrize(
    "face", [np.zeros((9, 9), np.float32), np.zeros((9, 9, 4), np.uint8), np.zeros((0, 9), np.uint8)]
)
def test_what_is_no_face_is_refused_before_it_is_read(member: str, face: Any) -> None:
    with pytest.raises(MemberError, match="must be uint8") as caught:
        get_member(member).prepare([face], SHAPE)
    assert caught.value.code == "pixels"


@pytest.mark.parametrize("side", [48, 200])
def test_the_mesh_puts_eyes_nose_and_mouth_where_the_detector_does(side: int) -> None:
    found = _mesh.mesh(astronaut(side))
    assert found.points.shape == (478, 3)
    assert found.presence > 0.9
    # Eye, eye, nose tip, mouth corner, mouth corner; an eye is the mean of its two corners.
    points = found.points[:, :2] / side
    five = np.stack(
        [points[[33, 133]].mean(0), points[[263, 362]].mean(0), points[4], points[61], points[291]]
    )
    matrix = _crop.similarity(detected()[1], side)
    theirs = (detected()[1] @ matrix[:, :2].T + matrix[:, 2]) / side
    assert np.abs(five - theirs).max() < 0.06


def test_a_wall_has_no_mesh_and_becomes_zeros() -> None:
    wall = np.random.default_rng(2).integers(0, 256, (64, 64), dtype=np.uint8)
    assert _mesh.mesh(wall).presence < _mesh.PRESENT
    assert not get_member("landmarks").prepare([wall], SHAPE).any()


def test_the_geometry_of_a_face_does_not_hang_on_its_size_or_its_tilt() -> None:
    prepare = get_member("landmarks").prepare
    upright, small, tilted = prepare([astronaut(200), astronaut(72), astronaut(200, 15)], SHAPE)
    assert upright.shape == (478, 2)
    assert np.sqrt((upright**2).sum(1).mean()) == pytest.approx(1, abs=1e-4)
    assert upright[EYES[0], 1] == pytest.approx(upright[EYES[1], 1], abs=1e-5)
    for other in (small, tilted):
        assert np.sqrt(((other - upright) ** 2).sum(1).mean()) < 0.05
    shifted = normalised(upright[:, :2] * 3 + 40)
    np.testing.assert_allclose(shifted, upright, atol=1e-4)


def test_looking_up_a_member_loads_no_heavy_library() -> None:
    heavy = "keras tensorflow cv2 onnxruntime torch jax ai_edge_litert"
    script = f"""
import sys
from inference.members import get_member
get_member("landmarks.scratch")
print([name for name in "{heavy}".split() if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_member_runs_on_the_other_back_ends(backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed here, so nothing was run on it")
    env = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", BACKEND_SCRIPT], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == [*MEMBERS, backend]
