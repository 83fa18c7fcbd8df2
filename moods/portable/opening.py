"""Find out what a file is, without trusting its name, and open it without being hurt.

Nothing is ever written under a name from the file: parts of a ZIP are read by exact name into memory,
each up to its own limit, whatever the ZIP says of their size.
"""

from __future__ import annotations

import codecs
import json
import zipfile
import zlib
from typing import IO, Any, Final, NoReturn

from accounts.models import User
from moods.portable import daylio, own_files
from moods.portable.errors import ImportRefused
from moods.portable.rows import Parsed

#: Bytes of text (JSON, CSV) after opening.
MOST_TEXT: Final = 64_000_000
#: Bytes of one photo; the same limit as for an upload.
MOST_PHOTO: Final = 20_000_000
#: Parts of a ZIP, and bytes of all of them opened.
MOST_PARTS: Final = 20_000
MOST_OPENED: Final = 400_000_000
OWN_JSON: Final = "maeum.json"
DAYLIO_JSON: Final = "backup.daylio"
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_ENCRYPTED: Final = 0x1
_JPEG: Final = b"\xff\xd8\xff"


def parse(file: IO[bytes], member: User) -> Parsed:
    """Read a file of any known kind; raises :class:`ImportRefused` before anything is stored."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if not start:
        raise ImportRefused("empty_file")
    if start.startswith(b"PK"):
        return _parse_zip(file, member)
    data = file.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise ImportRefused("too_large")
    return _parse_text(data, member)


def photo_from(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """Return one photo of a ZIP, or None for what is no JPEG of a sensible size."""
    try:
        with archive.open(name) as part:
            data = part.read(MOST_PHOTO + 1)
    except (KeyError, RuntimeError, *_BROKEN):
        return None
    return data if data.startswith(_JPEG) and len(data) <= MOST_PHOTO else None


def _parse_zip(file: IO[bytes], member: User) -> Parsed:
    try:
        with zipfile.ZipFile(file) as archive:
            names = _parts(archive)
            if DAYLIO_JSON in names:
                found = daylio.decoded_backup(_text_part(archive, DAYLIO_JSON))
                return daylio.read_backup(loaded(found), member)
            if OWN_JSON in names:
                return own_files.read_own(loaded(_text_part(archive, OWN_JSON)), member, names)
            tables = [name for name in names if name.lower().endswith(".csv") and "/" not in name]
            if len(names) == len(tables) == 1:
                return _parse_text(_text_part(archive, tables[0]), member)
    except ImportRefused:
        raise
    except (RuntimeError, *_BROKEN) as error:
        raise ImportRefused("broken_zip") from error
    raise ImportRefused("unknown_kind")


def _parts(archive: zipfile.ZipFile) -> frozenset[str]:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise ImportRefused("too_many_parts")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise ImportRefused("locked_zip")
    if sum(part.file_size for part in parts) > MOST_OPENED:
        raise ImportRefused("bomb")
    return frozenset(part.filename for part in parts)


def _text_part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        data = part.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise ImportRefused("bomb")
    return data


def _parse_text(data: bytes, member: User) -> Parsed:
    text = decoded(data)
    if not text.strip():
        raise ImportRefused("empty_file")
    if text.lstrip()[:1] in "{[":
        values = loaded(data=text.encode())
        if isinstance(values, dict) and "dayEntries" in values:
            return daylio.read_backup(values, member)
        return own_files.read_own(values, member)
    if daylio.looks_like_csv(text.lstrip()):
        return daylio.read_csv(text.lstrip(), member)
    raise ImportRefused("unknown_kind")


def decoded(data: bytes) -> str:
    """Return text in UTF-8, UTF-16 (with its mark) or Korean Windows letters."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    encoding = next((name for mark, name in marks if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if b"\x00" in data[:4096]:
            raise ImportRefused("unknown_kind") from None
    try:
        return data.decode("cp949")
    except UnicodeDecodeError as error:
        raise ImportRefused("unreadable_text") from error


def loaded(data: bytes) -> Any:
    """Read JSON; numbers that no float holds, endless nesting and cut files are all ``broken_json``."""
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ImportRefused("broken_json") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
