"""Train the cover network and say how well it does on sources it never saw.

``python -m inference.training.cover --eyewear DIR --ferplus DIR --out cover.npz [--hold-out jol]``

``DIR`` of eyewear holds ``train/{none,eyeglasses,sunglasses,mask,mask_wrong}/SOURCE__...jpg``.
Glasses and none are clear; masks, worn or below the nose, are covered; FER+ faces are clear;
hidden lower halves are painted (``covers.py``); negatives are inverted clear faces.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference import _cover
from inference._bundle import write_arrays
from inference._crop import align
from inference._faces import find_faces, refine
from inference._labels import SIX
from inference.members._prepare import to_grey
from inference.training.covers import harden_clear, hide, jitter
from inference.training.dataset import Split
from inference.training.sources import read_source

Images = NDArray[np.uint8]
CLEAR_FOLDERS = ("none", "eyeglasses", "sunglasses")
COVERED_FOLDERS = ("mask", "mask_wrong")


@dataclass(frozen=True)
class Crops:
    """Aligned BGR crops ``(n, 64, 64, 3)`` with source (``jol``, ``ferplus`` ...) and folder."""

    images: Images
    sources: NDArray[np.str_]
    folders: NDArray[np.str_]

    def where(self, rows: NDArray[np.bool_]) -> Crops:
        """Return the rows for which the mask holds."""
        return Crops(self.images[rows], self.sources[rows], self.folders[rows])


def gather(eyewear: Path, ferplus: Path, faces: int = 5000) -> tuple[Crops, Crops]:
    """Detect and align every training picture; returns (eyewear and FER+ Train, FER+ Valid)."""
    rows: list[tuple[Images, str, str]] = []
    for folder in (*CLEAR_FOLDERS, *COVERED_FOLDERS):
        for path in sorted((eyewear / "train" / folder).iterdir()):
            image = cv2.imread(str(path))
            found = find_faces(np.asarray(image, np.uint8)) if image is not None else []
            if image is not None and found:
                face = refine(np.asarray(image, np.uint8), found[0])
                crop = align(np.asarray(image, np.uint8), face.landmarks, _cover.SIDE)
                rows.append((crop, path.name.split("__")[0], folder))
    rows += _ferplus(ferplus, "train", faces)
    return _stack(rows), _stack(_ferplus(ferplus, "valid", 1000))


def _ferplus(root: Path, split: Split, limit: int) -> Iterator[tuple[Images, str, str]]:
    data = read_source("ferplus", root, SIX, split=split)
    for i in np.random.default_rng(1).permutation(len(data))[:limit]:
        image = np.asarray(cv2.cvtColor(to_grey(data[int(i)]), cv2.COLOR_GRAY2BGR), np.uint8)
        found = find_faces(image)
        if found:
            yield align(image, refine(image, found[0]).landmarks, _cover.SIDE), "ferplus", "none"


def _stack(rows: Iterator[tuple[Images, str, str]] | list[tuple[Images, str, str]]) -> Crops:
    images, sources, folders = zip(*rows, strict=True)
    return Crops(np.stack(images), np.array(sources), np.array(folders))


def make(crops: Crops, count: int, rng: np.random.Generator) -> tuple[Images, NDArray[np.int64]]:
    """Draw ``count`` augmented examples: 45 % clear, 22 % masks, 21 % painted, 12 % negatives."""
    clear = np.flatnonzero(np.isin(crops.folders, CLEAR_FOLDERS))
    masks = np.flatnonzero(np.isin(crops.folders, COVERED_FOLDERS))
    colour = clear[crops.sources[clear] != "ferplus"]
    images, labels = np.empty((count, 64, 64, 3), np.uint8), np.empty(count, np.int64)
    for k in range(count):
        kind = rng.random()
        pool = colour if rng.random() < 0.5 and len(colour) else clear
        image = crops.images[rng.choice(pool)]
        other = crops.images[rng.choice(clear)]
        if kind < 0.45:
            image, label = harden_clear(image, rng), 0
        elif kind < 0.67 and len(masks):
            image, label = crops.images[rng.choice(masks)], 1
        elif kind < 0.88:
            image, label = hide(image, other, rng), 1
        else:
            image, label = np.asarray(255 - image, np.uint8), 2
        images[k], labels[k] = jitter(image, rng), label
    return images, labels


def train(crops: Crops, epochs: int, seed: int, per_epoch: int = 12_000) -> _cover.CoverNet:
    """Train on fresh examples in every epoch and fold the result for numpy."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((64, 64, 3)), layers.Rescaling(1 / 127.5, -1)])
    for i, (kernel, stride, filters) in enumerate(_cover.CONVOLUTIONS):
        # Explicit padding: Keras' "same" pads a strided layer unevenly.
        model.add(layers.ZeroPadding2D(kernel // 2))
        model.add(layers.Conv2D(filters, kernel, strides=stride, use_bias=False, name=f"conv{i}"))
        model.add(layers.BatchNormalization(name=f"norm{i}"))
        model.add(layers.ReLU())
    for layer in (layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.3)):
        model.add(layer)
    model.add(layers.Dense(_cover.HIDDEN, activation="relu", name="dense0"))
    model.add(layers.Dense(len(_cover.CLASSES), name="dense1"))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * per_epoch // 64, alpha=0.01)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss=loss, metrics=["accuracy"])
    for epoch in range(epochs):
        images, labels = make(crops, per_epoch, np.random.default_rng((seed, epoch)))
        logs = model.fit(images, labels, batch_size=64, verbose=0).history
        print(
            json.dumps({"epoch": epoch, **{key: round(values[-1], 4) for key, values in logs.items()}}),
            flush=True,
        )
    return fold(model)


def fold(model: object) -> _cover.CoverNet:
    """Fold each norm layer into the convolution before it."""
    weights: dict[str, NDArray[np.float32]] = {}
    get = model.get_layer  # type: ignore[attr-defined]
    for i in range(len(_cover.CONVOLUTIONS)):
        (kernel,) = get(f"conv{i}").get_weights()
        gamma, beta, mean, variance = get(f"norm{i}").get_weights()
        scale = gamma / np.sqrt(variance + get(f"norm{i}").epsilon)
        weights[f"conv{i}.kernel"], weights[f"conv{i}.bias"] = kernel * scale, beta - mean * scale
    for name in ("dense0", "dense1"):
        weights[f"{name}.kernel"], weights[f"{name}.bias"] = get(name).get_weights()
    return _cover.CoverNet({name: value.astype(np.float32) for name, value in weights.items()})


def report(net: _cover.CoverNet, crops: Crops, limit: float = 0.5) -> dict[str, dict[str, float]]:
    """Say per source and folder how many, and which share is refused (not clear at ``limit``)."""
    refused = 1 - _in_parts(net, crops.images)[:, 0] > limit
    rows: dict[str, dict[str, float]] = {}
    for source in sorted(set(crops.sources)):
        for folder in sorted(set(crops.folders[crops.sources == source])):
            here = (crops.sources == source) & (crops.folders == folder)
            rows[f"{source}/{folder}"] = {
                "n": int(here.sum()),
                "refused": round(float(refused[here].mean()), 4),
            }
    rng = np.random.default_rng(5)
    clear = np.flatnonzero(np.isin(crops.folders, CLEAR_FOLDERS))[:800]
    painted = np.stack([hide(crops.images[i], crops.images[rng.choice(clear)], rng) for i in clear])
    for name, images in (("painted", painted), ("negative", 255 - crops.images[clear])):
        share = float((1 - _in_parts(net, images)[:, 0] > limit).mean())
        rows[name] = {"n": len(clear), "refused": round(share, 4)}
    return rows


def _in_parts(net: _cover.CoverNet, images: Images) -> NDArray[np.float32]:
    return np.concatenate([net.probabilities(images[i : i + 64]) for i in range(0, len(images), 64)])


def main() -> None:
    """Train, report as JSON on stdout, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eyewear", type=Path, required=True)
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold-out", help="a source to test on and not to train on")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=20261121)
    options = parser.parse_args()
    crops, valid = gather(options.eyewear, options.ferplus)
    if options.hold_out:
        held = crops.sources == options.hold_out
    else:
        held = np.random.default_rng(2).random(len(crops.images)) < 0.1
    net = train(crops.where(~held), options.epochs, options.seed)
    halves = {name: value.astype(np.float16) for name, value in net.weights.items()}
    write_arrays(options.out, halves)
    print(
        json.dumps(
            {"held_out": report(net, crops.where(held)), "ferplus_valid": report(net, valid)}, indent=1
        )
    )


if __name__ == "__main__":
    main()
