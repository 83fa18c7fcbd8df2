"""Load the shipped catalogue into a demo installation."""

from __future__ import annotations

from accounts.seeding import SeedContext
from music.services import CATALOGUE, catalogue_load


def seed(context: SeedContext) -> None:
    """Load the tracks that are missing; what a curator changed in the demo stays changed."""
    report = catalogue_load(CATALOGUE, only_new=True)
    context.say(f"tracks: {report.created} new, {report.changed} changed, {report.same} same")
