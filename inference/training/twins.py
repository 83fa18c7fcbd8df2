"""Find the same picture twice, to the pixel or nearly, and keep such pairs out of different splits.

Nearly the same: perceptual hashes (64 bits, signs of the lowest 8 x 8 cosine waves of the picture at
32 x 32) differ in at most :data:`MAX_BITS` bits, and thumbnails of 16 x 16 correlate by at least
:data:`MIN_CORRELATION`. The hash alone pairs frontal faces of different people (5 of 614 pairs at
4 bits in FER+); the thumbnails alone would have to be compared all with all. Both limits were set by
looking at pairs of FER+ (docs/datasets.md). Candidates come from multi-index hashing (Norouzi et al.
2012): two hashes with at most 7 different bits agree, but for one bit, in one of four 16-bit parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.members._prepare import to_grey
from inference.training.dataset import Dataset, DataSetError, ImageSource, Pixels

MAX_BITS: Final = 6
MIN_CORRELATION: Final = 0.92
_SIDE: Final = 16
_CHUNK: Final = 200_000


@dataclass(frozen=True)
class TwinReport:
    """What was taken out of one set because it also lies in others.

    Attributes:
        exact: rows whose pixels lie in another set.
        near: further rows that look the same but for size, brightness, compression or a small cut.
        pairs: of the near ones, (name here, name there), for a person to look at.
    """

    exact: int
    near: int
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Prints:
    """What pictures are told apart by.

    Attributes:
        digests: of the exact pixels, one a picture; empty for a picture that cannot be read.
        hashes: perceptual, uint64, shape ``(n,)``.
        thumbs: grey uint8, shape ``(n, 256)``.
    """

    digests: tuple[bytes, ...]
    hashes: NDArray[np.uint64]
    thumbs: NDArray[np.uint8]


def perceptual_hash(image: Pixels) -> int:
    """Return 64 bits that small changes of a picture hardly change (pHash, Zauner 2010)."""
    small = cv2.resize(to_grey(image), (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = np.asarray(cv2.dct(small))[:8, :8].ravel().copy()
    waves[0] = 0  # the mean brightness
    bits = np.packbits(waves > waves.mean())
    return int.from_bytes(bits.tobytes(), "big")


def digest(image: Pixels) -> bytes:
    """Return a digest of the pixels; a grey picture and its copy in three equal channels have one."""
    if image.ndim == 3 and bool((image[..., :1] == image).all()):
        image = image[..., 0]
    head = "x".join(map(str, image.shape)).encode()
    return hashlib.blake2b(head + np.ascontiguousarray(image).tobytes(), digest_size=16).digest()


def prints(images: ImageSource) -> Prints:
    """Read every picture once; a set is read from disk one at a time."""
    digests, hashes, thumbs = [], np.zeros(len(images), np.uint64), np.zeros((len(images), 256), np.uint8)
    for i in range(len(images)):
        try:
            image = images[i]
        except DataSetError:
            digests.append(b"")
            continue
        digests.append(digest(image))
        hashes[i] = perceptual_hash(image)
        thumbs[i] = cv2.resize(to_grey(image), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).ravel()
    return Prints(tuple(digests), hashes, thumbs)


def near_pairs(ours: Prints, theirs: Prints) -> NDArray[np.int64]:
    """Return pairs of rows (ours, theirs) that look the same, sorted, each once, shape ``(k, 2)``.

    Flat pictures, whose thumbnails have no contrast, and unreadable ones have no twins here.
    """
    mine, other = _normed(ours.thumbs), _normed(theirs.thumbs)
    found = []
    for left, right in _candidates(ours.hashes, theirs.hashes):
        close = np.bitwise_count(ours.hashes[left] ^ theirs.hashes[right]) <= MAX_BITS
        left, right = left[close], right[close]
        alike = np.einsum("ij,ij->i", mine[left], other[right]) >= MIN_CORRELATION
        found.append(np.stack([left[alike], right[alike]], axis=1))
    return np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 2), np.int64)


def _candidates(
    ours: NDArray[np.uint64], theirs: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs that agree in one 16-bit part but for at most one bit."""
    flips = np.array([0, *(1 << bit for bit in range(16))], np.uint64)
    for shift in (0, 16, 32, 48):
        part = ours >> np.uint64(shift) & np.uint64(0xFFFF)
        order = np.argsort(part, kind="stable")
        part = part[order]
        for flip in flips:
            wanted = (theirs >> np.uint64(shift) & np.uint64(0xFFFF)) ^ flip
            first, last = np.searchsorted(part, wanted), np.searchsorted(part, wanted, side="right")
            yield from _spread(order, first, last - first)


def _spread(
    order: NDArray[np.int64], first: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Write out runs of ``order`` as pairs, about ``_CHUNK`` at a time so that memory stays small."""
    rows = np.flatnonzero(lengths)
    if not len(rows):
        return
    parts = np.split(rows, np.flatnonzero(np.diff(np.cumsum(lengths[rows]) // _CHUNK)) + 1)
    for part in parts:
        count = lengths[part]
        starts = np.repeat(first[part] - np.cumsum(count) + count, count)
        yield order[starts + np.arange(count.sum())], np.repeat(part, count)


def _normed(thumbs: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = thumbs.astype(np.float32)
    values -= values.mean(1, keepdims=True)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.where(length > _SIDE, values / np.maximum(length, 1e-6), 0), np.float32)


def twins_of(ours: Prints, *others: Prints) -> tuple[NDArray[np.bool_], NDArray[np.bool_], dict[int, int]]:
    """Say which of our rows lie in others: exactly, else nearly, and which near row pairs with which.

    Rows of the others are counted on through all of them.
    """
    seen = {d for other in others for d in other.digests if d}
    exact = np.array([d in seen for d in ours.digests], np.bool_)
    near: dict[int, int] = {}
    start = 0
    for other in others:
        for mine, theirs in near_pairs(ours, other):
            if not exact[mine]:
                near.setdefault(int(mine), start + int(theirs))
        start += len(other.digests)
    mask = np.zeros(len(exact), np.bool_)
    mask[list(near)] = True
    return exact, mask, near


def without_twins(train: Dataset, *others: Dataset) -> tuple[Dataset, TwinReport]:
    """Remove from ``train`` every image that lies, exactly or nearly, in ``others``; say how many."""
    exact, near, pairs = twins_of(prints(train), *map(prints, others))
    names = [str(name) for other in others for name in other.names]
    report = TwinReport(
        int(exact.sum()), int(near.sum()), tuple((str(train.names[i]), names[j]) for i, j in pairs.items())
    )
    return train.where(~(exact | near)), report
