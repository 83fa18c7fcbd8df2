"""``manage.py load_catalogue [PATH]``: make the tables hold a catalogue file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from music.catalogue import CatalogueError
from music.services import CATALOGUE, catalogue_load


class Command(BaseCommand):
    """Load tracks; loading twice changes nothing."""

    help = "Load a catalogue file (the shipped one when no path is given)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=CATALOGUE)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(_("이런 파일이 없어요: %s") % path)
        try:
            report = catalogue_load(path)
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("새 곡 %(created)d, 바뀐 곡 %(changed)d, 그대로 %(same)d") % vars(report))
