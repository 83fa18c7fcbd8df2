"""Ask the host of an audio file whether it is still there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from music.choices import SourceKind, SourceState
from music.models import TrackSource
from music.providers import Verdict

TIMEOUT: Final = 10.0
GONE: Final = frozenset({401, 403, 404, 410, 451})


def head(url: str) -> int:
    """Return the HTTP status of a HEAD request; raise OSError when the host is not reached."""
    if not url.startswith("https://"):
        raise OSError("only https addresses are asked")
    request = Request(url, method="HEAD", headers={"User-Agent": "Maeum catalogue check"})  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        return error.code


class Hosted:
    """Checks audio files; ``ask`` replaces the request in tests."""

    kind = SourceKind.AUDIO.value

    def __init__(self, ask: Callable[[str], int] = head) -> None:
        self._ask = ask

    def check(self, sources: Sequence[TrackSource]) -> Iterator[tuple[TrackSource, Verdict]]:
        """Yield a verdict for each file whose host answered clearly; a bad day proves nothing."""
        for source in sources:
            try:
                status = self._ask(source.url)
            except OSError:
                continue
            if status in GONE:
                yield source, Verdict(SourceState.QUARANTINED, str(status))
            elif 200 <= status < 400:
                yield source, Verdict(SourceState.OK)
