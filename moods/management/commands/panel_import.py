"""Put faces of a data set into a study: ``manage.py panel_import --study ID --source ferplus --root DIR``."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from moods.panel import selectors, services
from moods.panel.errors import PanelError

#: What each source allows, as far as its publisher says; ``--terms`` replaces it.
TERMS: Final = {
    "ferplus": (
        "FER+ labels: MIT (Microsoft). Images: FER2013, gathered from the web for a contest; research use, "
        "shown to invited raters only, never published."
    ),
    "fer2013": "FER2013, gathered from the web for a contest; research use, never published.",
    "aihub": "AI-Hub Korean emotion images; terms of AI-Hub, research use, never published.",
}
SOURCES: Final = ("folder", "ferplus", "fer2013", "aihub", "built")
QUALITY: Final = 95


class Command(BaseCommand):
    """Import labelled faces into the data-set half of a draft, replacing what was there."""

    help = "Import labelled faces of a data set into a draft study, encrypted; replaces an earlier import."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, type=UUID, help="the id that the study's page shows")
        parser.add_argument("--source", required=True, choices=SOURCES)
        parser.add_argument("--root", required=True, type=Path)
        parser.add_argument(
            "--split", choices=("train", "valid", "test", "all"),
            help="test unless told otherwise, of a folder all: the ensemble must not have learned from them",
        )  # fmt: skip
        parser.add_argument("--n", type=int, help="how many faces; unless told, what the study wants")
        parser.add_argument("--terms", default="", help="under which terms the faces may be shown")
        parser.add_argument("--seed", type=int, default=20261121)

    def handle(self, *args: Any, **options: Any) -> None:
        study = selectors.study_for(options["study"])
        if study is None:
            raise CommandError(f"There is no study {options['study']}.")
        wanted = study.per_half if options["n"] is None else options["n"]
        if wanted < 1:
            raise CommandError("--n must be 1 or more.")
        terms = options["terms"] or TERMS.get(options["source"], "")
        if not terms:
            raise CommandError("Say with --terms under which terms these faces may be shown to people.")
        split = options["split"] or ("all" if options["source"] == "folder" else "test")
        faces = _faces(options["source"], options["root"], split, wanted, options["seed"])
        try:
            made = services.faces_import(
                study=study, faces=faces, source=f"{options['source']} {split}", terms=terms
            )
        except PanelError as error:
            raise CommandError("Faces can only be imported into a draft (not_a_draft).") from error
        except OSError as error:
            raise CommandError(f"The private storage refused a face, nothing was kept: {error}") from error
        short = f", {study.per_half - made} short of {study.per_half}" if made < study.per_half else ""
        self.stdout.write(f"{made} faces imported{short}.")


def _faces(source: str, root: Path, split: Any, n: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield up to ``n`` (label, JPEG) pairs, classes taking turns; a broken file gives way to the next."""
    import numpy as np

    from inference._labels import PRESETS
    from inference.training.dataset import DataSetError
    from inference.training.sources import read_source

    classes = PRESETS["six"]
    try:
        data = read_source(source, root, classes, split=split)
    except DataSetError as error:
        raise CommandError(str(error)) from error
    # A face on whose label people did not agree, or without one, can be no measure of anybody.
    clear = np.nan_to_num(data.targets, nan=0.0).max(1, initial=0.0) > 0.5
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(clear))
    piles = [[int(row) for row in rows if data.labels[row] == k] for k in range(len(classes))]
    taken = 0
    while taken < n and any(piles):
        for label, pile in zip(classes.classes, piles, strict=True):
            if pile and taken < n:
                try:
                    jpeg = _jpeg(data[pile.pop()])
                except DataSetError:
                    continue
                taken += 1
                yield label, jpeg
    if not taken:
        raise CommandError(f"{root} holds no labelled face of the six classes in split {split}.")


def _jpeg(pixels: Any) -> bytes:
    """Encode grey or RGB pixels anew, so that nothing of the file but its pixels comes along."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()
