"""The heat map shows what the network used: CAM equals Grad-CAM, and hiding what is hot hurts most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inference._ensemble import class_activation
from inference.training import heat
from inference.training.heat import (
    Explained,
    HeatError,
    deletion_insertion,
    explain,
    grad_cam,
    overlay,
    sanity,
)

SIZE = 24


@pytest.fixture(scope="module")
def graph() -> Any:
    """Return a small net that ends pool -> dense, as every member does, with seeded random weights."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    images = keras.Input((SIZE, SIZE, 1), name="images")
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(images)
    features = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu")(x)
    logits = layers.Dense(4, name="logits")(layers.GlobalAveragePooling2D()(features))
    return keras.Model(images, {"logits": logits, "features": features})


def test_class_activation_and_grad_cam_agree_up_to_the_number_of_cells(graph: Any) -> None:
    images = np.random.default_rng(0).uniform(0, 1, (5, SIZE, SIZE, 1)).astype(np.float32)
    features = np.asarray(graph(images)["features"])
    kernel = np.asarray(graph.get_layer("logits").get_weights()[0])
    cells = features.shape[1] * features.shape[2]
    for top in range(4):
        cam = np.maximum(class_activation(features, kernel, top), 0)
        assert np.allclose(grad_cam(graph, images, top) * cells, cam, atol=1e-5)
    assert max(grad_cam(graph, images, top).max() for top in range(4)) > 0


def test_grad_cam_works_where_every_layer_is_frozen(graph: Any) -> None:
    images = np.random.default_rng(1).uniform(0, 1, (1, SIZE, SIZE, 1)).astype(np.float32)
    free = grad_cam(graph, images, 1)
    graph.trainable = False
    try:
        assert np.allclose(grad_cam(graph, images, 1), free)
    finally:
        graph.trainable = True


def test_grad_cam_names_a_backend_it_cannot_use(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    with pytest.raises(HeatError, match="jax") as caught:
        grad_cam(graph, np.zeros((1, SIZE, SIZE, 1), np.float32), 0)
    assert caught.value.code == "backend"


def spotted() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return features of one face, alight in one corner on channel 0, and a class layer reading it."""
    features = np.zeros((1, 6, 6, 2), np.float32)
    features[0, 0, 5, 0], features[0, 3, 3, 1] = 4.0, 9.0
    return features, np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]], np.float32)


def test_explanation_is_of_the_votes_winner_and_weighted_like_the_vote() -> None:
    features, kernel = spotted()
    mirrored = features[:, :, ::-1]
    (one,) = explain(
        np.array([[0.7, 0.2, 0.1]]), [features, mirrored, None], [kernel, kernel, None], (0.5, 0.3, 0.2)
    )
    assert (one.top, one.chance) == (0, 0.7)
    assert one.vote[0, 5] == 1
    assert one.vote[0, 0] == pytest.approx(0.6)
    assert one.vote[3, 3] == 0  # what argued against it
    left, right, blind = one.members
    assert blind is None
    assert left is not None
    assert right is not None
    assert left[0, 5] == right[0, 0] == 1


def test_features_that_are_missing_or_not_finite_are_named() -> None:
    features, kernel = spotted()
    chances = np.array([[0.7, 0.2, 0.1]])
    with pytest.raises(HeatError) as caught:
        explain(chances, [None], [None], (1.0,))
    assert caught.value.code == "no_features"
    with pytest.raises(HeatError) as caught:
        explain(chances, [np.full_like(features, np.nan)], [kernel], (1.0,))
    assert caught.value.code == "not_finite"


def corner_reader(shown: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Answer class 0 with the brightness of the top left quarter: all that matters lies there."""
    bright = shown[:, :12, :12].mean((1, 2)) / 255
    return np.column_stack([bright, 1 - bright])


def face() -> NDArray[np.uint8]:
    picture = np.full((SIZE, SIZE), 40, np.uint8)
    picture[:12, :12] = 250
    return picture


def test_a_map_that_names_what_matters_has_low_deletion_and_high_insertion() -> None:
    true, wrong = np.zeros((6, 6)), np.zeros((6, 6))
    true[:3, :3], wrong[3:, 3:] = 1, 1
    deleted, inserted = deletion_insertion(corner_reader, face(), true, 0)
    other_deleted, other_inserted = deletion_insertion(corner_reader, face(), wrong, 0)
    assert deleted < other_deleted - 0.2
    assert inserted > other_inserted + 0.05  # blurred, the quarter is already bright
    # By hand: a quarter of the places holds all; brightness falls linearly from 250 to the mean 92 there.
    colour = np.repeat(face()[..., None], 3, axis=2)
    both = deletion_insertion(lambda shown: corner_reader(shown[..., 0]), colour, true, 0)
    assert both == pytest.approx((deleted, inserted), abs=1e-6)
    by_hand = (0.25 * (250 + 92) / 2 + 0.75 * 92) / 255
    assert deleted == pytest.approx(by_hand, abs=0.03)


def test_sanity_says_how_much_better_than_a_random_map() -> None:
    true = np.zeros((6, 6))
    true[:3, :3] = 1
    found = sanity(corner_reader, [face()] * 12, [Explained(0, 0.9, true, ())] * 12)
    assert found["n"] == 12
    assert found["gain"]["deletion"]["interval"][0] > 0.05
    assert found["gain"]["insertion"]["mean"] > 0
    assert found["deletion_auc"] < found["random"]["deletion_auc"]
    assert found == sanity(corner_reader, [face()] * 12, [Explained(0, 0.9, true, ())] * 12)


def test_overlay_is_warm_where_the_map_is_hot_and_leaves_the_rest(tmp_path: Path) -> None:
    hot = np.zeros((6, 6))
    hot[:3] = 1
    grey = np.full((48, 36), 100, np.uint8)
    drawn = overlay(grey, hot)
    assert drawn.shape == (48, 36, 3)
    assert (drawn[-4:] == 100).all()
    assert drawn[2, 18, 0] > 150 > drawn[2, 18, 2]
    rgb = overlay(np.stack([grey] * 3, -1), np.zeros((6, 6)))
    assert (rgb == 100).all()
    assert heat.OPACITY < 1


def test_sheet_shows_the_face_the_vote_and_every_member(tmp_path: Path) -> None:
    from inference.training.plots import draw_heat

    hot = np.eye(6)
    said = [Explained(1, 0.8, hot, (hot, None))] * 2
    path = draw_heat(
        [face()] * 2, said, ("resnet50", "landmarks"), ("a", "b"), tmp_path / "deep" / "sheet.png"
    )
    with Image.open(path) as sheet:
        colours = np.asarray(sheet.convert("RGB")).astype(int)
    assert (colours[..., 0] - colours[..., 2]).max() > 90
    assert not list(path.parent.glob("*.part"))
