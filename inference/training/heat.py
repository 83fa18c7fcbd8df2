"""Show what in a face a network looked at, and test whether it did look there.

Class activation maps need no gradient, for every member ends pool -> dense (Zhou et al. 2016); Grad-CAM
(Selvaraju et al. 2017) is here for graphs that do not, and as a check on the former.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference._ensemble import activation_grid, class_activation
from inference.training.dataset import Pixels
from inference.training.evaluation import Probabilities, rounded

Map = NDArray[np.floating]
Ask = Callable[[Pixels], Probabilities]

#: Colour of full activation (red, green, blue) and how much of it covers the face at most.
WARM: Final = np.array([213.0, 94.0, 0.0])
OPACITY: Final = 0.62
#: Steps from the whole face to none of it, and cells a side of the compared maps.
STEPS: Final = 16
SIDE: Final = 6


class HeatError(ValueError):
    """No map can be made; the message says why.

    Attributes:
        code: stable, for machines: ``backend``, ``no_features``, ``not_finite``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Explained:
    """What argued for the winning class of one face.

    Attributes:
        top: index of the winning class of the vote.
        chance: its probability.
        vote: the members' maps, weighted like their votes, ``(side, side)`` of 0..1.
        members: each member's own map, 0..1; None for one that looks at no pixels.
    """

    top: int
    chance: float
    vote: NDArray[np.float64]
    members: tuple[NDArray[np.float64] | None, ...]


def explain(
    chances: Probabilities,
    features: Sequence[Map | None],
    kernels: Sequence[Map | None],
    weights: Sequence[float],
    side: int = SIDE,
) -> list[Explained]:
    """Return one explanation a face, from the vote ``(n, k)`` and each member's last feature maps.

    Args:
        features: a member's ``(n, h, w, channels)``, None where it has none.
        kernels: its class layer's ``(channels, k)``.
    """
    if not any(f is not None and k is not None for f, k in zip(features, kernels, strict=True)):
        raise HeatError("No member gave a feature map: there is nothing to draw.", code="no_features")
    found = []
    for row, top in enumerate(chances.argmax(1)):
        maps = [
            None if f is None or k is None else class_activation(f[row], k, int(top))
            for f, k in zip(features, kernels, strict=True)
        ]
        if any(m is not None and not np.isfinite(m).all() for m in maps):
            raise HeatError("A member's feature map holds numbers that are not finite.", code="not_finite")
        each = tuple(None if m is None else np.array(activation_grid([m], [1.0], side)) for m in maps)
        grid = np.array(activation_grid(maps, weights, side))
        found.append(Explained(int(top), float(chances[row, top]), grid, each))
    return found


def grad_cam(graph: Any, images: NDArray[np.float32], top: int) -> NDArray[np.float32]:
    """Return Grad-CAM of one class: ``relu(sum_c mean(d logit / d A_c) A_c)`` over the last map ``A``.

    Args:
        graph: a Keras model whose outputs are named ``logits`` and ``features``.
        images: its input, ``(n, h, w, channels)``.
        top: index of the class.

    Returns:
        shape ``(n, h', w')``, not negative.

    Raises:
        HeatError: ``backend`` where Keras runs on neither TensorFlow nor PyTorch.
    """
    import keras

    ways = {"tensorflow": _tensorflow_slopes, "torch": _torch_slopes}
    backend = str(keras.backend.backend())
    if backend not in ways:
        raise HeatError(f"Grad-CAM needs TensorFlow or PyTorch, not {backend}.", code="backend")
    features, slopes = ways[backend](graph, images, top)
    strength = slopes.mean(axis=(1, 2), keepdims=True)
    return np.asarray(np.maximum((strength * features).sum(-1), 0), np.float32)


def _tensorflow_slopes(graph: Any, images: NDArray[np.float32], top: int) -> tuple[Map, Map]:
    import tensorflow as tf

    given = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(given)  # so that a graph with every layer frozen is recorded too
        out = graph(given, training=False)
        score = tf.reduce_sum(out["logits"][:, top])
    slopes = tape.gradient(score, out["features"])
    return out["features"].numpy(), slopes.numpy()


def _torch_slopes(graph: Any, images: NDArray[np.float32], top: int) -> tuple[Map, Map]:
    import torch

    device = graph.weights[0].value.device
    given = torch.tensor(images, device=device, requires_grad=True)
    out = graph(given, training=False)
    (slopes,) = torch.autograd.grad(out["logits"][:, top].sum(), out["features"])
    return out["features"].detach().cpu().numpy(), slopes.cpu().numpy()


def overlay(face: Pixels, heat: Map) -> Pixels:
    """Return the face, grey or RGB, with a map of 0..1 laid over it in a warm colour: RGB of its size."""
    rgb = np.repeat(face[..., None], 3, axis=2) if face.ndim == 2 else face
    alpha = OPACITY * np.clip(_enlarged(heat, face.shape[:2]), 0, 1)[..., None]
    return np.asarray(np.rint(rgb * (1 - alpha) + WARM * alpha), np.uint8)


def _enlarged(heat: Map, size: tuple[int, ...]) -> NDArray[np.float64]:
    small = np.asarray(heat, np.float32)
    return np.asarray(cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.float64)


def deletion_insertion(
    ask: Ask, face: Pixels, heat: Map, top: int, steps: int = STEPS
) -> tuple[float, float]:
    """Return deletion and insertion AUC of one map (Petsiuk et al. 2018, arXiv:1806.07421).

    Deletion paints the face's mean over its places from the hottest to the coldest, insertion
    brings them back in that order into the face blurred by a sixth of its width. Each AUC is the area
    under the class's probability over the share of places, 0..1: a map that names what mattered has a
    low deletion and a high insertion AUC.

    Args:
        ask: faces ``(n, h, w)`` or ``(n, h, w, 3)`` to probabilities ``(n, k)``.
        face: grey ``(h, w)`` or RGB ``(h, w, 3)``.
        heat: any size, larger where it mattered more.
    """
    order = np.argsort(-_enlarged(heat, face.shape[:2]).ravel(), kind="stable")
    mean = np.broadcast_to(np.rint(face.mean((0, 1))).astype(np.uint8), face.shape)
    blurred = np.asarray(cv2.GaussianBlur(face, (0, 0), face.shape[1] / 6), np.uint8)
    shown = np.concatenate([_walk(face, mean, order, steps), _walk(blurred, face, order, steps)])
    chance = ask(shown)[:, top]
    shares = np.linspace(0, 1, steps + 1)
    return float(np.trapezoid(chance[: steps + 1], shares)), float(np.trapezoid(chance[steps + 1 :], shares))


def _walk(before: Pixels, after: Pixels, order: NDArray[np.int64], steps: int) -> Pixels:
    """Return ``steps + 1`` pictures, from all ``before`` to all ``after``, place by place."""
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    done = np.rint(np.linspace(0, order.size, steps + 1)).astype(np.int64)
    changed = rank.reshape(before.shape[:2])[None] < done[:, None, None]
    if before.ndim == 3:
        changed = changed[..., None]
    return np.asarray(np.where(changed, after, before), np.uint8)


def sanity(
    ask: Ask, faces: Sequence[Pixels], maps: Sequence[Explained], seed: int = 20261121
) -> dict[str, Any]:
    """Return mean deletion and insertion AUC of the vote's maps and of random maps on the same faces.

    A random map has as many cells and is enlarged alike. ``gain`` is how much better ours is, each
    with its 95 % bootstrap interval over faces: above 0, the maps say more than chance does.
    """
    rng = np.random.default_rng(seed)
    ours, chance = [], []
    for face, said in zip(faces, maps, strict=True):
        ours.append(deletion_insertion(ask, face, said.vote, said.top))
        chance.append(deletion_insertion(ask, face, rng.random(said.vote.shape), said.top))
    real, random = np.array(ours), np.array(chance)
    gain = (real - random) * [-1, 1]
    drawn = gain[rng.integers(0, len(gain), (1000, len(gain)))].mean(1)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    names = ("deletion", "insertion")
    return {
        "n": len(faces),
        **{f"{name}_auc": rounded(real[:, i].mean()) for i, name in enumerate(names)},
        "random": {f"{name}_auc": rounded(random[:, i].mean()) for i, name in enumerate(names)},
        "gain": {
            name: {"mean": rounded(gain[:, i].mean()), "interval": [rounded(low[i]), rounded(high[i])]}
            for i, name in enumerate(names)
        },
    }
