"""What reading new photos and reading kept ones again have in common: who goes with whom, and what if."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from django.conf import settings

import inference
from moods.services import bundles

logger = logging.getLogger(__name__)

Held = TypeVar("Held")

LONGEST_PAUSE: Final = timedelta(minutes=10)


def together(rows: Sequence[tuple[int, int, str]]) -> list[int]:
    """Choose which (pk, attempts, version) go in one batch: of one bundle only.

    A row that was tried before goes alone: if it is what kills workers, it must not take others
    with it again.
    """
    if rows and rows[0][1] > 0:
        return [rows[0][0]]
    return [pk for pk, attempts, version in rows if attempts == 0 and version == rows[0][2]]


def read_batch(
    version: str,
    work: Sequence[tuple[Held, bytes]],
    finish: Callable[[Held, inference.Reading], object],
    release: Callable[[Held, BaseException], object],
) -> None:
    """Read photos together; if that raises, one by one, so that one cannot fail the others."""
    try:
        readings = bundles.read_with(version, [photo for _claim, photo in work])
    except inference.InferenceError as error:
        logger.warning("Nothing can be read with %s just now: %s", version or "any bundle", error.code)
        for claim, _photo in work:
            release(claim, error)
    except Exception as error:
        logger.exception("A batch of %d could not be read.", len(work))
        if len(work) == 1:
            release(work[0][0], error)
        else:
            for one in work:
                read_batch(version, [one], finish, release)
    else:
        for (claim, _photo), reading in zip(work, readings, strict=True):
            finish(claim, reading)


def pause(attempts: int) -> timedelta:
    """Return how long a row rests before it is tried again: doubled with each attempt, give or take a half."""
    rest = min(timedelta(seconds=settings.MAEUM_BACKOFF_SECONDS * 2 ** (attempts - 1)), LONGEST_PAUSE)
    return rest * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, no secret
