"""Where a member's weights start: a file, the ImageNet weights Keras downloads, or chance."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.members import get_member
from inference.members._graph import CAFFE_MEAN_BGR, IMAGENET_MEAN, IMAGENET_STD
from inference.training.recipe import Recipe, TrainingError

#: Networks whose Keras weights expect caffe's colours while ours reads torchvision's: layer to convert.
_CAFFE_COLOURS: Final = {"vgg16": ("VGG16", "block1_conv1")}


def initialise(graph: Any, recipe: Recipe) -> str | None:
    """Load what the recipe starts from into a freshly built graph.

    Returns:
        sha256 of the file read, or None where no file was.

    Raises:
        TrainingError: ``init_missing``, ``init_mismatch``, ``init_unknown`` or ``init_offline``.
    """
    if recipe.init_weights:
        return _from_file(graph, Path(recipe.init_weights))
    if recipe.init == "imagenet":
        _from_keras(graph, recipe)
    return None


def sha256(path: Path) -> str:
    """Return the digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_file(graph: Any, path: Path) -> str:
    """Load a run's ``best.weights.h5`` whole, or any other ``.h5`` by names of layers."""
    import keras

    if not path.is_file():
        raise TrainingError(f"The starting weights {path} are not there.", code="init_missing")
    before = [_plain(weight) for weight in graph.trainable_weights]
    try:
        if path.name.endswith(".weights.h5"):
            keras.Model(graph.input, graph.output["logits"]).load_weights(path)
        else:
            graph.load_weights(path, by_name=True, skip_mismatch=False)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"The starting weights {path} do not fit {graph.name}: {str(error).splitlines()[0]}",
            code="init_mismatch",
        ) from error
    changed = any(
        not np.array_equal(b, _plain(w)) for b, w in zip(before, graph.trainable_weights, strict=True)
    )
    if not changed:
        raise TrainingError(f"No layer of {graph.name} has a name that {path} knows.", code="init_mismatch")
    return sha256(path)


def _plain(weight: Any) -> NDArray[Any]:
    import keras

    return np.array(keras.ops.convert_to_numpy(weight), copy=True)


def _from_keras(graph: Any, recipe: Recipe) -> None:
    """Copy the ImageNet weights of ``keras.applications`` weight by weight, all but the class layer's."""
    card = get_member(recipe.member).card
    name, converted = _CAFFE_COLOURS.get(card.architecture, (card.imagenet, ""))
    if not name or recipe.width != 1:
        raise TrainingError(
            f"Keras has no ImageNet weights for {card.architecture} at width {recipe.width}; name a file "
            "with --init-weights or start without.",
            code="init_unknown",
        )
    given = [_plain(weight) for weight in _downloaded(name).weights]
    wanted = [w for w in graph.weights if not w.path.startswith(("preprocess/", "logits/"))]
    if [g.shape for g in given] != [tuple(w.shape) for w in wanted]:
        raise TrainingError(f"Keras' weights of {name} do not fit {graph.name}.", code="init_mismatch")
    if converted:
        given[:2] = to_torch_colours(given[0], given[1])
    for weight, value in zip(wanted, given, strict=True):
        weight.assign(value)


def _downloaded(name: str) -> Any:
    import keras

    try:
        return getattr(keras.applications, name)(weights="imagenet", include_top=False)
    except (OSError, ValueError) as error:  # keras.utils.get_file: plain Exception with "URL fetch failure"
        raise _offline(name, error) from error
    except Exception as error:
        if "URL fetch failure" not in str(error):
            raise
        raise _offline(name, error) from error


def _offline(name: str, error: Exception) -> TrainingError:
    return TrainingError(
        f"The ImageNet weights of {name} could not be downloaded ({str(error).splitlines()[0]}); connect "
        "this machine to the internet once, or name a file with --init-weights.",
        code="init_offline",
    )


def to_torch_colours(
    kernel: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rewrite a first convolution for torchvision's colours that was trained on caffe's.

    With ``x`` RGB 0..255, caffe reads ``x[BGR] - mean`` and torchvision ``(x / 255 - mean) / std``.
    Both are straight lines a channel, so kernel ``(h, w, 3, n)`` and bias ``(n,)`` can take the
    difference; only at the zero padding do the two means differ, by less than 0.7 of 255.
    """
    std, mean = 255 * np.array(IMAGENET_STD), 255 * np.array(IMAGENET_MEAN)
    rgb = kernel[:, :, ::-1, :]
    shift = mean - np.array(CAFFE_MEAN_BGR[::-1])
    moved = bias + np.einsum("hwcn,c->n", rgb, shift)
    return (rgb * std[:, None]).astype(np.float32), moved.astype(np.float32)
