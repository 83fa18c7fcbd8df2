"""Read a catalogue file: every row is checked, every mistake is named with its line."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from music.choices import Confidence, Era, Instrument, LabelSource, Licence, MoodWord

COLUMNS: Final = (
    "slug composer composer_ko title title_ko performer era instrument youtube_id audio_url "
    "audio_page licence licence_url licence_confidence source enabled valence arousal energy "
    "mood_words label_source label_confidence reason"
).split()
ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")
SLUG: Final = re.compile(r"[a-z0-9-]{1,80}")


class CatalogueError(ValueError):
    """A catalogue file cannot be loaded; ``problems`` are sentences, one a mistake."""

    code = "catalogue_invalid"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Row:
    """One checked row. Valence and arousal lie in -1..1, energy and confidence in 0..1."""

    slug: str
    composer: str
    composer_ko: str
    title: str
    title_ko: str
    performer: str
    era: str
    instrument: str
    youtube_id: str
    audio_url: str
    audio_page: str
    licence: str
    licence_url: str
    licence_confidence: str
    source: str
    enabled: bool
    valence: float
    arousal: float
    energy: float
    mood_words: tuple[str, ...]
    label_source: str
    label_confidence: float
    reason: str


def read(path: Path) -> list[Row]:
    """Return the checked rows of a UTF-8 CSV file; raise CatalogueError with every mistake."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CatalogueError([_("이 열이 없어요: %s") % ", ".join(missing)])
        raw = [{name: (row.get(name) or "").strip() for name in COLUMNS} for row in reader]
    problems: list[str] = []
    for line, row in enumerate(raw, start=2):
        said = [*_word_problems(row), *_number_problems(row), *_address_problems(row)]
        problems += [_("%(line)d번째 줄: %(problem)s") % {"line": line, "problem": p} for p in said]
    problems += _repeats(raw)
    if problems:
        raise CatalogueError(problems)
    return [_row(row) for row in raw]


def _word_problems(row: dict[str, str]) -> list[str]:
    """Say what is wrong with names and words from fixed lists."""
    said = [
        _("%s 칸이 비었어요.") % name for name in ("slug", "composer", "title", "source") if not row[name]
    ]
    if row["slug"] and not SLUG.fullmatch(row["slug"]):
        said.append(_("slug ‘%s’에는 소문자, 숫자, - 만 쓸 수 있어요.") % row["slug"])
    lists: dict[str, list[str]] = {
        "era": Era.values,
        "instrument": Instrument.values,
        "licence": Licence.values,
        "licence_confidence": Confidence.values,
        "label_source": LabelSource.values,
        "enabled": ["0", "1"],
    }
    said += [
        _("%(name)s 칸의 ‘%(value)s’는 쓸 수 없는 값이에요.") % {"name": name, "value": row[name]}
        for name, allowed in lists.items()
        if row[name] not in allowed
    ]
    unknown = [word for word in row["mood_words"].split(";") if word not in MoodWord.values]
    if unknown:
        said.append(_("목록에 없는 마음 낱말이에요: %s") % ", ".join(unknown))
    return said


def _number_problems(row: dict[str, str]) -> list[str]:
    """Say which numbers are missing or out of range."""
    said = []
    for name, least in (("valence", -1), ("arousal", -1), ("energy", 0), ("label_confidence", 0)):
        try:
            good = least <= float(row[name]) <= 1
        except ValueError:
            good = False
        if not good:
            limits = {"name": name, "value": row[name], "least": least}
            said.append(_("%(name)s 값 ‘%(value)s’는 %(least)d과 1 사이여야 해요.") % limits)
    return said


def _address_problems(row: dict[str, str]) -> list[str]:
    """Say what is wrong with the video id, the addresses and the right to use them."""
    said = []
    if row["youtube_id"] and not ID.fullmatch(row["youtube_id"]):
        said.append(_("YouTube 영상 번호 ‘%s’는 11글자가 아니에요.") % row["youtube_id"])
    if not row["youtube_id"] and not row["audio_url"]:
        said.append(_("YouTube 영상 번호나 오디오 주소가 있어야 해요."))
    said += [
        _("%s 주소는 https://로 시작해야 해요.") % name
        for name in ("audio_url", "audio_page", "licence_url")
        if row[name] and not _is_https(row[name])
    ]
    if row["audio_url"] and not row["audio_page"]:
        said.append(_("오디오가 실린 쪽의 주소(audio_page)가 있어야 해요."))
    if row["enabled"] == "1" and row["licence_confidence"] != Confidence.HIGH:
        said.append(_("권리가 확실하지 않은 곡은 큐레이터가 확인하기 전에 켤 수 없어요."))
    return said


def _is_https(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.netloc)


def _repeats(raw: list[dict[str, str]]) -> list[str]:
    """Say which slugs, videos or files stand on two rows."""
    said = []
    for name in ("slug", "youtube_id", "audio_url"):
        seen: set[str] = set()
        for row in raw:
            value = row[name]
            if value and value in seen:
                said.append(_("%(name)s ‘%(value)s’가 두 번 나와요.") % {"name": name, "value": value})
            seen.add(value)
    return said


def _row(row: dict[str, str]) -> Row:
    """Turn checked text into a Row."""
    words = tuple(row["mood_words"].split(";"))
    numbers = {n: float(row[n]) for n in ("valence", "arousal", "energy", "label_confidence")}
    texts = {n: row[n] for n in COLUMNS if n not in numbers and n not in ("mood_words", "enabled")}
    return Row(**texts, **numbers, mood_words=words, enabled=row["enabled"] == "1")  # type: ignore[arg-type]
