"""Build a folder of face crops from a public data set, parted by person and without twins."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """``manage.py build_dataset --source ferplus --root DIR --out DIR`` (docs/datasets.md)."""

    help = "Read a data set, exclude, crop, cap, part by person, remove twins, and report."
    requires_system_checks: list[str] = []  # a missing bundle must not stop the making of one

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what to read, what to keep and where to write."""
        from inference._labels import PRESETS
        from inference.training.sources import READERS

        parser.add_argument("--source", choices=sorted(READERS), required=True)
        parser.add_argument("--root", type=Path, required=True, help="where the data set lies")
        parser.add_argument("--out", type=Path, required=True, help="folder to write; must not exist")
        parser.add_argument("--classes", choices=sorted(PRESETS), default="six")
        parser.add_argument("--labels", choices=["uploader", "majority", "unanimous"], default="majority")
        parser.add_argument(
            "--majority",
            choices=["none", "held_out", "all"],
            default="held_out",
            help="FER+: ask half of the votes of no image, of valid and test, or of all",
        )
        parser.add_argument("--keep", type=Path, help="K-FACE: JSON of the codes to keep")
        parser.add_argument("--exclude", type=Path, help="JSON of rules: max_yaw, min_sharpness ...")
        parser.add_argument("--cover", type=Path, help="cover.npz, for the rule no_cover")
        parser.add_argument("--crops", action="store_true", help="images are face crops already")
        parser.add_argument("--size", type=int, default=96, help="side of the crops cut from photos")
        parser.add_argument("--fractions", type=float, nargs=3, default=[0.8, 0.1, 0.1])
        parser.add_argument("--seed", type=int, default=20261121)
        parser.add_argument("--cap-per-class", type=int)
        parser.add_argument("--cap-total", type=int, help="K-FACE: 45,000 unless given")
        parser.add_argument("--allow-empty-classes", action="store_true")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build and print the report."""
        from inference.training.build import build
        from inference.training.dataset import DataSetError

        try:
            with _bar(self.stderr.isatty()) as progress:
                about = build(_options(options), progress)
        except (DataSetError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(about, ensure_ascii=False))
            return
        for key in ("counts", "subjects", "removed"):
            self.stdout.write(f"{key}: {json.dumps(about[key], ensure_ascii=False)}")


def _options(given: dict[str, Any]) -> Any:
    """Turn what was typed into ``BuildOptions``."""
    from inference._labels import PRESETS
    from inference.training.build import TOTAL_CAPS, BuildOptions
    from inference.training.exclude import Exclusions, read_exclusions
    from inference.training.sources import kface

    total = given["cap_total"] if given["cap_total"] is not None else TOTAL_CAPS.get(given["source"])
    return BuildOptions(
        source=given["source"],
        root=given["root"],
        out=given["out"],
        classes=PRESETS[given["classes"]],
        majority={"none": False, "all": True}.get(given["majority"], "held_out"),
        labels=given["labels"],
        keep=kface.read_keep(given["keep"]) if given["keep"] else None,
        fractions=tuple(given["fractions"]),
        seed=given["seed"],
        crops=given["crops"],
        size=given["size"],
        exclusions=read_exclusions(given["exclude"]) if given["exclude"] else Exclusions(),
        cover=_cover(given["cover"]) if given["cover"] else None,
        per_class=given["cap_per_class"],
        total=total,
        allow_empty=given["allow_empty_classes"],
    )


def _cover(path: Path) -> Any:
    """Read the cover network; a file that is none is a named error."""
    import zipfile

    import numpy as np

    from inference._cover import CoverNet
    from inference.training.dataset import DataSetError

    try:
        with np.load(path, allow_pickle=False) as stored:
            return CoverNet({name: stored[name].astype(np.float32) for name in stored.files})
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise DataSetError(f"{path} is no cover network: {error}", code="rules") from error


@contextmanager
def _bar(shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on a terminal, where tqdm (a tool of development) is installed."""
    if not shown or importlib.util.find_spec("tqdm") is None:
        yield None
        return
    with importlib.import_module("tqdm").tqdm(unit="image") as bar:

        def step(count: int, of: int) -> None:
            bar.total = of
            bar.update(count - bar.n)

        yield step
