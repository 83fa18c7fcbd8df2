"""Write everything of a member into one ZIP, piece by piece on the disk: ten years need no memory."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import contextmanager
from importlib import resources
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts import exports
from accounts.models import User
from moods import selectors
from moods.portable import fhir, state_of_mind, tables, telling
from moods.portable.own_files import FORMAT, VERSION
from moods.portable.tables import Sink

SCHEMA: Final = "maeum-export-1.schema.json"
_PHOTO_CHUNK: Final = 50


def export_write(member: User) -> IO[bytes]:
    """Write the ZIP to an unnamed temporary file, which is gone once it is closed; return it at its start."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is sent
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            _write(archive, member)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _write(archive: zipfile.ZipFile, member: User) -> None:
    rooms = exports.export_all(member, without=("moods",))
    for name in ("README.txt", SCHEMA):
        archive.writestr(name, data_file(name))
    with _part(archive, "maeum.json") as part:
        head = {"format": FORMAT, "version": VERSION, "schema": SCHEMA, "exported_at": timezone.now()}
        write_json(part, {**head, "rooms": rooms}, "entries", telling.entries_told(member))
    _write_tables(archive, member, rooms)
    with _part(archive, "state-of-mind.json") as part:
        write_json(part, state_of_mind.head(), "samples", state_of_mind.samples(member))
    with _part(archive, "fhir-bundle.json") as part:
        write_json(part, fhir.head(), "entry", fhir.entries(member))
    _write_photos(archive, member)


def _write_tables(archive: zipfile.ZipFile, member: User, rooms: dict[str, Any]) -> None:
    account = rooms.get("account", {})
    for name, columns, rows in (
        ("entries.csv", tables.ENTRIES, tables.entry_rows(telling.entries_told(member))),
        ("readings.csv", tables.READINGS, tables.reading_rows(telling.entries_told(member))),
        ("read-again.csv", tables.AGAIN, tables.again_rows(telling.entries_told(member))),
        ("consents.csv", tables.CONSENTS, account.get("consents", ())),
        ("who-looked.csv", tables.LOOKS, account.get("looks", ())),
    ):
        with _part(archive, f"tables/{name}") as part:
            tables.write(part, columns, rows)


def _write_photos(archive: zipfile.ZipFile, member: User) -> None:
    """Add every photo that is kept, decrypted; a JPEG gains nothing from being compressed again."""
    kept = telling.entries_of(member).exclude(reading__isnull=True).exclude(reading__photo="")
    for entry in kept.iterator(chunk_size=_PHOTO_CHUNK):
        photo = selectors.photo_of(entry)
        if photo is not None:
            archive.writestr(telling.photo_name(entry), photo, compress_type=zipfile.ZIP_STORED)


@contextmanager
def _part(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name, "w", force_zip64=True) as part:
        yield part


def write_json(sink: Sink, head: dict[str, Any], name: str, items: Iterable[Any]) -> None:
    """Write one object whose last member is a long list, an item a line."""
    text = _json(head)
    comma = "," if head else ""
    sink.write(f"{text[:-1]}{comma}\n{_json(name)}: [\n".encode())
    for count, item in enumerate(items):
        sink.write((",\n" if count else "").encode() + _json(item).encode())
    sink.write(b"\n]}\n")


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def data_file(name: str) -> bytes:
    """Return a file that ships with this package."""
    return resources.files("moods.portable").joinpath("data", name).read_bytes()
