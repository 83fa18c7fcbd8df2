"""Read Daylio's two files: the CSV table and the .daylio backup.

CSV: ``full_date,date,weekday,time,mood,activities,note_title,note`` (older: ``year,date,…``), moods by
name in the language of the phone, activities parted by ``|``. Backup: a ZIP with ``backup.daylio``, JSON
in base64: ``customMoods`` (``mood_group_id`` 1 best to 5 worst), ``tags``, ``dayEntries`` (months from 0,
``timeZoneOffset`` in milliseconds). Both as described by people who read their own files
(github.com/mbafford/daylio-markdown-export); Daylio itself publishes no description.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import html
import re
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from accounts.models import User
from moods.portable.errors import ImportRefused, RowProblem
from moods.portable.models import Source
from moods.portable.rows import Parsed, Row, clean, foreign_words, gather, moment_of

_Value = TypeVar("_Value")

#: Daylio's five groups, best to worst, on our seven steps; the member can change every one.
GROUPS: Final = {1: 3, 2: 2, 3: 0, 4: -2, 5: -3}
PREDEFINED: Final = {1: "rad", 2: "good", 3: "meh", 4: "bad", 5: "awful"}
_BY_NAME: Final = {name: GROUPS[group] for group, name in PREDEFINED.items()}
#: Characters one cell may have; a note of ours has at most 4,000.
CELL: Final = 100_000
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/li)\s*/?>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_CLOCK: Final = re.compile(
    r"^\s*(?P<before>오전|오후|am|pm)?\s*(?P<hour>\d{1,2})[:.시]\s*(?P<minute>\d{1,2})분?(?::\d{1,2})?\s*"
    r"(?P<after>am|pm|a\.m\.|p\.m\.)?\s*$",
    re.IGNORECASE,
)


def looks_like_csv(text: str) -> bool:
    """Say whether the first line is the head of Daylio's table."""
    names = {cell.strip().strip('"').lower() for cell in re.split("[,;\t]", text.split("\n", 1)[0][:2000])}
    return {"mood", "time"} <= names and bool(names & {"full_date", "date"})


def read_csv(text: str, member: User) -> Parsed:
    """Read the table; line numbers are those a spreadsheet shows."""
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    parsed = gather(Source.DAYLIO_CSV, _csv_lines(text, mark, member))
    for row in parsed.rows:
        if row.mood_name:
            parsed.moods.setdefault(row.mood_name, _BY_NAME.get(row.mood_name.strip().lower()))
    return parsed


def _csv_lines(text: str, mark: str, member: User) -> Iterator[tuple[int, Callable[[], Row]]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").split("\n")
    reader = csv.reader((line + "\n" for line in lines), delimiter=mark)
    names = [name.strip().lower() for name in next(reader)]
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # longer than the csv module takes
            yield number, partial(_fail, "line_too_long")
            continue
        if any(cell.strip() for cell in cells):
            yield number, partial(_csv_row, number, names, cells, member)


def _fail(code: str) -> Row:
    raise RowProblem(code)


def _csv_row(number: int, names: list[str], cells: list[str], member: User) -> Row:
    if len(cells) > len(names) or any(len(cell) > CELL for cell in cells):
        raise RowProblem("bad_row" if len(cells) > len(names) else "line_too_long")
    said = {name: clean(cell) for name, cell in zip(names, cells, strict=False)}
    day, clock = _csv_day(said), _clock(said.get("time", ""))
    moment_of(member, day, clock, member.time_zone)
    note, tags = foreign_words(
        _note(said.get("note_title", ""), said.get("note", "")), said.get("activities", "").split("|")
    )
    name = said.get("mood", "").strip()[:100]
    if not (name or note or tags):
        raise RowProblem("nothing_said")
    content = "\x1f".join([day.isoformat(), clock.isoformat(), name, note, *tags])
    origin = f"daylio-csv:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
    return Row(number, origin, day, clock, member.time_zone, mood_name=name, note=note, tags=tags)


def _csv_day(said: dict[str, str]) -> date:
    """Read ``full_date`` (2026-11-21), or the older ``year`` and ``date`` (December 9)."""
    whole = said.get("full_date", "").strip()
    year, part = said.get("year", "").strip(), said.get("date", "").strip()
    tries = [(whole, "%Y-%m-%d"), (part, "%Y-%m-%d"), (whole, "%d/%m/%Y"), (whole, "%Y. %m. %d.")]
    tries += [(f"{part} {year}", "%B %d %Y"), (f"{part} {year}", "%d %B %Y"), (f"{part} {year}", "%b %d %Y")]
    for value, form in tries:
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise RowProblem("bad_date")


def _clock(value: str) -> time:
    """Read 13:48, 8:30 pm or 오후 8:30."""
    found = _CLOCK.match(value)
    if found is None:
        raise RowProblem("bad_time")
    hour, minute = int(found["hour"]), int(found["minute"])
    half = (found["before"] or found["after"] or "").lower().replace(".", "")
    if half:
        hour = hour % 12 + (12 if half in ("pm", "오후") else 0)
    if hour > 23 or minute > 59:
        raise RowProblem("bad_time")
    return time(hour, minute)


def _note(title: str, text: str) -> str:
    """Join title and text; the backup's notes are HTML."""
    plain = [html.unescape(_TAG.sub("", _BREAK.sub("\n", part))).strip() for part in (title, text)]
    return "\n".join(part for part in plain if part)


def decoded_backup(data: bytes) -> bytes:
    """Return the JSON inside ``backup.daylio`` (base64, or already plain)."""
    if data.lstrip()[:1] == b"{":
        return data
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error as error:
        raise ImportRefused("broken_json") from error


def read_backup(values: Any, member: User) -> Parsed:
    """Read the JSON of a backup; raises :class:`ImportRefused` when it is none."""
    if not isinstance(values, dict) or not isinstance(values.get("dayEntries"), list):
        raise ImportRefused("wrong_shape")
    moods, steps = _moods(values.get("customMoods"))
    tags = _tag_names(values.get("tags"))
    entries = values["dayEntries"]
    parsed = gather(
        Source.DAYLIO_BACKUP,
        (
            (number, partial(_backup_row, number, entry, moods, tags, member))
            for number, entry in enumerate(entries, start=1)
        ),
    )
    parsed.moods = {row.mood_name: steps.get(row.mood_name) for row in parsed.rows if row.mood_name}
    parsed.photos_left = sum(
        len(entry["assets"])
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("assets"), list)
    )
    return parsed


def _moods(found: Any) -> tuple[dict[int, str], dict[str, int | None]]:
    """Return the name of each mood id, and the default step of each name."""
    names: dict[int, str] = {}
    steps: dict[str, int | None] = {}
    for mood in found if isinstance(found, list) else []:
        if not isinstance(mood, dict) or not isinstance(mood.get("id"), int):
            continue
        own = mood.get("custom_name")
        known = _listed(PREDEFINED, mood.get("predefined_name_id"))
        name = own.strip()[:100] if isinstance(own, str) and own.strip() else known or f"#{mood['id']}"
        name = clean(name)
        names[mood["id"]] = name
        steps[name] = _listed(GROUPS, mood.get("mood_group_id"))
    return names, steps


def _listed(table: dict[int, _Value], key: Any) -> _Value | None:
    return table.get(key) if isinstance(key, int) else None


def _tag_names(found: Any) -> dict[int, str]:
    tags = found if isinstance(found, list) else []
    return {
        tag["id"]: tag["name"].strip()
        for tag in tags
        if isinstance(tag, dict) and isinstance(tag.get("id"), int) and isinstance(tag.get("name"), str)
    }


def _backup_row(number: int, entry: Any, moods: dict[int, str], names: dict[int, str], member: User) -> Row:
    if not isinstance(entry, dict):
        raise RowProblem("bad_row")
    day, clock = _backup_moment(entry)
    zone = _zone(entry, day, clock, member)
    moment_of(member, day, clock, zone)
    ids = entry.get("tags") if isinstance(entry.get("tags"), list) else []
    tags = [clean(names[one]) for one in ids or [] if isinstance(one, int) and one in names]
    note, tags = foreign_words(_note(clean(entry.get("note_title")), clean(entry.get("note"))), tags)
    mood = entry.get("mood")
    name = moods.get(mood, f"#{mood}") if isinstance(mood, int) else ""
    if not (name or note or tags):
        raise RowProblem("nothing_said")
    if isinstance(entry.get("id"), int):
        origin = f"daylio:{entry['id'] % 10**20}"
    else:
        content = "\x1f".join([day.isoformat(), clock.isoformat(), name, note, *tags])
        origin = f"daylio:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
    return Row(number, origin, day, clock, zone, mood_name=name, note=note, tags=tags)


def _backup_moment(entry: dict[str, Any]) -> tuple[date, time]:
    parts = [entry.get(name) for name in ("year", "month", "day", "hour", "minute")]
    if not all(isinstance(part, int) and not isinstance(part, bool) for part in parts):
        raise RowProblem("bad_date")
    year, month, day, hour, minute = (int(part) for part in parts if part is not None)
    try:
        return date(year, month + 1, day), time(hour, minute)
    except (ValueError, OverflowError) as error:
        raise RowProblem("bad_date") from error


def _zone(entry: dict[str, Any], day: date, clock: time, member: User) -> str:
    """Return the member's zone where the phone's offset fits it, else the zone of that many whole hours."""
    offset = entry.get("timeZoneOffset")
    if not isinstance(offset, int) or isinstance(offset, bool) or abs(offset) > 14 * 3_600_000:
        return member.time_zone
    here = datetime.combine(day, clock, tzinfo=zoneinfo.ZoneInfo(member.time_zone)).utcoffset()
    if here == timedelta(milliseconds=offset) or offset % 3_600_000:
        return member.time_zone
    hours = offset // 3_600_000
    if not hours:
        return "Etc/UTC"
    return f"Etc/GMT{-hours:+d}" if hours >= -12 else member.time_zone
