"""One line of any file in one shape, checked; and the way of such lines into a sealed text and back."""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any, Final

from django.utils import timezone

from accounts.models import User
from moods.choices import Feeling
from moods.portable.errors import ImportRefused, RowProblem
from moods.services.entries import CLOCK_SKEW, NOTE_LENGTH, OLDEST, TAG_LENGTH, TAGS, words_checked
from moods.services.errors import EntryError

#: Lines a file may have: 27 entries a day for ten years.
MOST_ROWS: Final = 100_000
#: Problems that are told one by one; the rest is a count.
MOST_PROBLEMS: Final = 200


@dataclass(frozen=True)
class Row:
    """One entry of a file. ``mood_name`` waits for the member's mapping; ``photo`` names a part of the ZIP."""

    number: int
    origin: str
    date: date
    time: time
    zone: str
    mood: int | None = None
    mood_name: str = ""
    feeling: str = ""
    note: str = ""
    tags: list[str] = field(default_factory=list)
    agreed: bool = False
    agreed_to: str = ""
    corrected_at: datetime | None = None
    written_at: datetime | None = None
    reading: dict[str, Any] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    photo: str = ""

    @property
    def digest(self) -> str:
        """Return a digest of everything but the line's number."""
        values = json.dumps(asdict(replace(self, number=0)), sort_keys=True, default=str)
        return hashlib.sha256(values.encode()).hexdigest()


@dataclass(frozen=True)
class Problem:
    """A line that was left out, and why."""

    number: int
    code: str


@dataclass
class Parsed:
    """A file in one shape: its rows, what was left out, and the default step of each foreign mood."""

    source: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    moods: dict[str, int | None] = field(default_factory=dict)
    #: Photos that the file holds or names and that cannot be taken over.
    photos_left: int = 0


def gather(source: str, lines: Iterable[tuple[int, Callable[[], Row]]]) -> Parsed:
    """Make every row that can be made; a bad one is told and spoils nothing else."""
    parsed, seen = Parsed(source), set[str]()
    for count, (number, make) in enumerate(lines):
        if count >= MOST_ROWS:
            raise ImportRefused("too_many_rows")
        try:
            row = make()
            if row.origin in seen:
                raise RowProblem("twice")
        except RowProblem as problem:
            parsed.problems.append(Problem(number, problem.code))
        else:
            seen.add(row.origin)
            parsed.rows.append(row)
    if not parsed.rows and not parsed.problems:
        raise ImportRefused("no_rows")
    return parsed


def clean(value: Any) -> str:
    """Return text that every database can hold: no NUL, no half of a character pair."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowProblem("bad_row")
    return value.encode("utf-8", "replace").decode().replace("\x00", "")


def words_of(
    note: str, tags: Sequence[str], mood: int | None = None, feeling: str = ""
) -> tuple[str, list[str]]:
    """Tidy note and tags as an entry's; raises :class:`RowProblem` with the entry's own code."""
    try:
        words = words_checked(mood, feeling, note, tags)
    except EntryError as error:
        raise RowProblem(error.code) from error
    return words.note, words.tags


def foreign_words(note: str, tags: Sequence[str]) -> tuple[str, list[str]]:
    """Fit another diary's tags into ours: those too many or too long go to the end of the note."""
    tidy = [tag for tag in dict.fromkeys(tag.strip().lstrip("#") for tag in tags) if tag]
    fitting = [tag for tag in tidy if len(tag) <= TAG_LENGTH]
    over = [tag for tag in tidy if len(tag) > TAG_LENGTH] + fitting[TAGS:]
    text = note.strip()
    if over:
        text = f"{text}\n{' '.join('#' + tag for tag in over)}".strip()
    if len(text) > NOTE_LENGTH:
        raise RowProblem("note_too_long")
    return words_of(text, fitting[:TAGS])


def feeling_of(value: Any) -> str:
    """Return one of the six feelings, or an empty text for none."""
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or value not in Feeling.values:
        raise RowProblem("unknown_feeling")
    return value


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones (read once a process)."""
    return frozenset(zoneinfo.available_timezones())


def moment_of(member: User, day: date, clock: time, zone: str) -> None:
    """Refuse a moment that cannot have been lived; raises :class:`RowProblem`."""
    if zone not in zones():
        raise RowProblem("bad_zone")
    born = date(member.birth_year, 1, 1) if member.birth_year else OLDEST
    if day < max(born, OLDEST):
        raise RowProblem("too_long_ago")
    try:
        at = datetime.combine(day, clock, tzinfo=zoneinfo.ZoneInfo(zone))
        late = at > timezone.now() + CLOCK_SKEW
    except OverflowError:
        late = True
    if late:
        raise RowProblem("in_the_future")


def sealed_text(parsed: Parsed) -> bytes:
    """Write a parsed file as JSON, to be encrypted."""
    return json.dumps(asdict(parsed), default=_plain, ensure_ascii=False).encode()


def from_sealed_text(data: bytes) -> Parsed:
    """Read what :func:`sealed_text` wrote."""
    values = json.loads(data)
    values["rows"] = [_row(row) for row in values["rows"]]
    values["problems"] = [Problem(**problem) for problem in values["problems"]]
    return Parsed(**values)


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _row(values: dict[str, Any]) -> Row:
    values["date"] = date.fromisoformat(values["date"])
    values["time"] = time.fromisoformat(values["time"])
    for name in ("corrected_at", "written_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return Row(**values)


def tags_in(rows: Iterable[Row]) -> Iterator[tuple[str, int]]:
    """Yield every tag with the number of rows that carry it, the most frequent first."""
    counts: dict[str, int] = {}
    for row in rows:
        for tag in row.tags:
            counts[tag] = counts.get(tag, 0) + 1
    yield from sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
