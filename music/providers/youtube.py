"""Ask the YouTube Data API which videos still play, embedded, in Korea.

``videos.list`` costs one unit a call and takes 50 ids, of 10,000 units a day. Region rules: with
``allowed``, any country it does not name is blocked; with ``blocked``, those it names are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from music.choices import SourceKind, SourceState
from music.models import TrackSource
from music.providers import ProviderError, Verdict

BATCH: Final = 50
COUNTRY: Final = "KR"


class YouTube:
    """Checks videos; ``http`` replaces the transport in tests."""

    kind = SourceKind.YOUTUBE.value

    def __init__(self, key: str, http: Any = None) -> None:
        # The discovery document inside the package is used: no request before the first list call.
        self._client: Any = build(
            "youtube",
            "v3",
            developerKey=key,
            http=http,
            static_discovery=True,
            cache_discovery=False,
        )

    def check(self, sources: Sequence[TrackSource]) -> Iterator[tuple[TrackSource, Verdict]]:
        """Yield a verdict for every source; raise ProviderError when the API refuses."""
        for start in range(0, len(sources), BATCH):
            batch = sources[start : start + BATCH]
            items = self._list([source.youtube_id for source in batch])
            for source in batch:
                yield source, judge(items.get(source.youtube_id))

    def _list(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """Return {id: item} of the videos that exist."""
        request = self._client.videos().list(part="status,contentDetails", id=",".join(ids), maxResults=BATCH)
        try:
            answer: dict[str, Any] = request.execute()
        except HttpError as error:
            raise ProviderError(_code(error)) from error
        except OSError as error:
            raise ProviderError("unreachable") from error
        return {item["id"]: item for item in answer.get("items", [])}


def _code(error: HttpError) -> str:
    """Return YouTube's own reason (``quotaExceeded``, ``keyInvalid``), or the HTTP status."""
    details = error.error_details
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return str(details[0].get("reason") or error.status_code)
    return str(error.status_code)


def judge(item: dict[str, Any] | None) -> Verdict:
    """Return what one ``videos.list`` item (or its absence) says of a video."""
    if item is None:
        return Verdict(SourceState.QUARANTINED, "gone")
    status = item.get("status", {})
    if status.get("privacyStatus") == "private" or status.get("uploadStatus") != "processed":
        return Verdict(SourceState.QUARANTINED, "gone")
    if not status.get("embeddable", False):
        return Verdict(SourceState.QUARANTINED, "embed")
    region = item.get("contentDetails", {}).get("regionRestriction", {})
    if COUNTRY in region.get("blocked", []) or COUNTRY not in region.get("allowed", [COUNTRY]):
        return Verdict(SourceState.QUARANTINED, "region")
    return Verdict(SourceState.OK)
