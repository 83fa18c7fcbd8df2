"""Ask the ensemble about a study's faces here and now, without a worker: ``manage.py panel_read --study ID``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from moods.panel import selectors, services
from moods.panel.choices import StudyState


class Command(BaseCommand):
    """Read what waits, then say how each face ended."""

    help = "Record the ensemble's answers for a study that has been opened; with --again for every face anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, type=UUID, help="the id that the study's page shows")
        parser.add_argument("--again", action="store_true", help="ask about every face, answered or not")

    def handle(self, *args: Any, **options: Any) -> None:
        study = selectors.study_for(options["study"])
        if study is None:
            raise CommandError(f"There is no study {options['study']}.")
        if study.state == StudyState.DRAFT:
            raise CommandError("The study is still a draft: open it first.")
        if options["again"]:
            services.machine_again(study=study)
        while services.machine_run(limit=settings.MAEUM_READING_BATCH, study=study):
            pass
        states = Counter(study.faces.values_list("machine_state", flat=True))
        self.stdout.write(", ".join(f"{state} {n}" for state, n in sorted(states.items())))
