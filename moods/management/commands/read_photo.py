"""Read photos from files and print what the ensemble makes of them; nothing is stored."""

from __future__ import annotations

import dataclasses
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

import inference
from moods.choices import Feeling, plane_point
from moods.explain import overlay_png
from moods.messages import outcome

#: Every key of a line, in order; all are always there, null when unknown.
KEYS: Final = (
    "path", "outcome", "reason", "emotion", "probabilities", "confidence", "valence", "arousal", "faces",
    "face", "pose", "quality", "eyewear", "mask", "skin_tone", "ms", "ensemble_version",
)  # fmt: skip
Result = tuple[str, inference.Reading]


class Command(BaseCommand):
    """One reading a file: a table for people, JSON lines for machines."""

    help = "Reads the emotion in photo files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="photo files")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")
        parser.add_argument("--explain", metavar="OUT.png", help="draw what mattered over the (one) photo")
        parser.add_argument("--language", choices=["ko", "en"], default=settings.LANGUAGE_CODE)

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[str] = options["paths"]
        if options["explain"] and len(paths) != 1:
            raise CommandError("--explain draws over one photo: give one PATH.")
        read = 0
        with translation.override(options["language"]):
            for path, reading in readings_of(paths):
                self.stdout.write(as_json(path, reading) if options["json"] else as_text(path, reading))
                self.stdout.flush()
                read += reading.outcome != inference.Outcome.FAILED
                if options["explain"]:
                    self._explain(Path(path), reading, Path(options["explain"]))
        if not read:
            raise SystemExit(1)

    def _explain(self, path: Path, reading: inference.Reading, out: Path) -> None:
        if reading.grid is None:
            self.stderr.write(_("읽은 얼굴이 없어서 그릴 것이 없어요."))
            return
        try:
            out.write_bytes(overlay_png(path.read_bytes(), reading))
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror or error}") from error


def readings_of(paths: Sequence[str]) -> Iterator[Result]:
    """Read files batch by batch, in order; one that cannot be opened is FAILED and stops nobody."""
    todo = iter(paths)
    while batch := list(islice(todo, settings.MAEUM_READING_BATCH)):
        photos = {path: data for path in batch if (data := _bytes(path)) is not None}
        found = dict(zip(photos, _read(list(photos.values())), strict=True))
        for path in batch:
            yield path, found.get(path) or _failed(inference.Reason.UNREADABLE)


def line_of(path: str, reading: inference.Reading) -> dict[str, Any]:
    """Return a reading as the flat object of ``--json``; valence and arousal from the whole vote."""
    values = dataclasses.asdict(reading)
    chances = {str(name): share for name, share in reading.probabilities.items()}
    point = plane_point(chances)
    values |= {
        "path": path,
        "probabilities": chances or None,
        "ms": dict(reading.ms) or None,
        "valence": point.valence if point else None,
        "arousal": point.arousal if point else None,
    }
    return {key: values[key] for key in KEYS}


def as_json(path: str, reading: inference.Reading) -> str:
    """Return one line of JSON."""
    return json.dumps(line_of(path, reading), ensure_ascii=False)


def as_text(path: str, reading: inference.Reading) -> str:
    """Return a few lines for a person."""
    lines = [path]
    if reading.reason:
        told = outcome(reading.outcome.value.lower(), str(reading.reason))
        lines += [f"  {told.title}. {told.sentence}", f"  {told.step}"]
    for name, share in sorted(reading.probabilities.items(), key=lambda pair: -pair[1]):
        label = str(Feeling(str(name)).label)
        lines.append(f"  {share:6.1%}  {'█' * round(share * 30):<30}  {label}")
    return "\n".join(lines)


def _bytes(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _read(photos: list[bytes]) -> list[inference.Reading]:
    """Read a batch; where nothing can be read at all, every photo is FAILED with the reason."""
    if not photos:
        return []
    try:
        return list(inference.read_photos(photos))
    except inference.InferenceError as error:
        return [_failed(error.code)] * len(photos)


def _failed(code: str) -> inference.Reading:
    return inference.Reading(inference.Outcome.FAILED, inference.Reason(code), None)
