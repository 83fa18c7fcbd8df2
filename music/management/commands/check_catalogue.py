"""``manage.py check_catalogue``: ask every provider whether its tracks still play."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from music.choices import SourceKind
from music.models import TrackSource
from music.providers import Provider, ProviderError
from music.providers.hosted import Hosted
from music.providers.youtube import YouTube
from music.services import source_mark


class Command(BaseCommand):
    """Check link health; without an API key videos cannot be checked, and it says so (exit 2)."""

    help = "Check that videos and audio files still play, and store what was found."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=["all", *SourceKind.values], default="all")

    def handle(self, *args: Any, **options: Any) -> None:
        for provider in self._providers(options["kind"]):
            self._check(provider)

    def _providers(self, kind: str) -> list[Provider]:
        """Return the providers to ask; refuse before asking any when the key is missing."""
        chosen: list[Provider] = []
        if kind in ("all", SourceKind.YOUTUBE):
            if not settings.MAEUM_YOUTUBE_API_KEY:
                said = _(
                    "YouTube를 확인하려면 MAEUM_YOUTUBE_API_KEY가 있어야 해요. "
                    "오디오 파일만 확인하려면 --kind audio를 붙여 주세요."
                )
                raise CommandError(said, returncode=2)
            chosen.append(YouTube(settings.MAEUM_YOUTUBE_API_KEY))
        if kind in ("all", SourceKind.AUDIO):
            chosen.append(Hosted())
        return chosen

    def _check(self, provider: Provider) -> None:
        """Ask one provider and store each verdict as it comes, so that a stop loses nothing."""
        sources = list(TrackSource.objects.filter(kind=provider.kind, track__enabled=True))
        found: Counter[str] = Counter()
        try:
            for source, verdict in provider.check(sources):
                source_mark(source, verdict.state, verdict.reason)
                found[verdict.state] += 1
        except ProviderError as error:
            said = _("%(kind)s 확인이 멈췄어요 (%(code)s). 여기까지의 결과는 저장했어요.")
            raise CommandError(said % {"kind": provider.kind, "code": error.code}) from error
        unknown = len(sources) - sum(found.values())
        counts = ", ".join(f"{state} {n}" for state, n in sorted(found.items()))
        self.stdout.write(f"{provider.kind}: {counts or '-'}, no answer {unknown}")
