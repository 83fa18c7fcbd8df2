"""Where tracks play from. A provider knows one kind of source and can ask after its health."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from music.models import TrackSource


@dataclass(frozen=True)
class Verdict:
    """What a provider learnt of one source: a SourceState and a short reason."""

    state: str
    reason: str = ""


class ProviderError(RuntimeError):
    """A provider could not be asked; ``code`` says why, and nothing is concluded of any source."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Provider(Protocol):
    """One way of playing."""

    kind: str

    def check(self, sources: Sequence[TrackSource]) -> Iterator[tuple[TrackSource, Verdict]]:
        """Yield what is now known of each source; leave out those of which nothing was learnt."""
        ...
