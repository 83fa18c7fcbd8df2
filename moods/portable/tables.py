"""The CSV files of the export: for a spreadsheet, with Excel's UTF-8 mark, and harmless in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

#: Excel takes a file for UTF-8 only with this mark before it.
MARK: Final = "\ufeff"
#: What makes a spreadsheet compute instead of show (OWASP, CSV injection).
_LIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

ENTRIES: Final = (
    "uuid", "date", "time", "time_zone", "mood", "feeling", "note", "tags", "agreed", "agreed_to",
    "corrected_at", "written_at", "photo",
)  # fmt: skip
READINGS: Final = (
    "uuid", "date", "status", "reason", "emotion", "confidence", "valence", "arousal",
    "ensemble_version", "imported", "finished_at",
)  # fmt: skip
AGAIN: Final = (
    "uuid", "date", "state", "was_emotion", "was_confidence", "was_version",
    "now_emotion", "now_confidence", "finished_at",
)  # fmt: skip
CONSENTS: Final = (
    "at", "decision", "purpose", "organisation", "expires_at", "notice_version", "language", "method",
)  # fmt: skip
LOOKS: Final = ("at", "who", "organisation", "what", "why")


class Sink(Protocol):
    """Something bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


def harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not run; numbers stay numbers."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        value = ", ".join(str(one) for one in value)
    if isinstance(value, str) and value.startswith(_LIVE):
        return f"'{value}"
    return value


def write(sink: Sink, names: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write a table row by row."""
    sink.write(MARK.encode())
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([harmless(row.get(name)) for name in names])
        if buffer.tell() > 65_536:
            _flush(sink, buffer)
    _flush(sink, buffer)


def _flush(sink: Sink, buffer: io.StringIO) -> None:
    sink.write(buffer.getvalue().encode("utf-8", "replace"))
    buffer.seek(0)
    buffer.truncate()


def entry_rows(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Turn told entries into rows."""
    for entry in entries:
        yield entry | {"photo": (entry["reading"] or {}).get("photo")}


def reading_rows(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Turn the readings of told entries into rows."""
    for entry in entries:
        if entry["reading"]:
            yield entry["reading"] | {"uuid": entry["uuid"], "date": entry["date"]}


def again_rows(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Turn every earlier reading of told entries into a row."""
    for entry in entries:
        for row in (entry["reading"] or {}).get("read_again", ()):
            yield row | {"uuid": entry["uuid"], "date": entry["date"]}
