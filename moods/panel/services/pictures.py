"""Pixels of a study: one function cuts what people see and what the ensemble reads, so they see the same."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image

from accounts.choices import Purpose
from accounts.keys import KeyLost, seal, unseal
from accounts.selectors import has_grant
from moods.models import photo_storage
from moods.panel.choices import Half
from moods.panel.models import Face, Study
from moods.services.photos import photo_bytes

logger = logging.getLogger(__name__)

#: Own folder in the private storage; two levels deep, where the purge of diary photos does not look.
FOLDER: Final = "panel"
#: Own photos are cut to the face box and this much of its longer side around it: no room, no clothes.
MARGIN: Final = 0.35
LONGEST: Final = 480
QUALITY: Final = 92


class FaceGone(Exception):
    """The face can no longer be shown: its photo, its key or the permission is gone."""


def new_key() -> str:
    """Return a fresh study key, sealed under the master key."""
    return seal(Fernet.generate_key().decode())


def file_store(study: Study, jpeg: bytes) -> str:
    """Encrypt a data-set face under the study's key, write it under a random name, return the name."""
    token = _cipher(study).encrypt(jpeg)
    return photo_storage().save(f"{FOLDER}/{study.uuid.hex}/{uuid4().hex}", ContentFile(token))


def face_bytes(face: Face) -> bytes:
    """Return one face as JPEG without metadata; raises :class:`FaceGone`.

    For an own face the member's permissions are asked again, each time.
    """
    try:
        return _file_bytes(face) if face.half == Half.DATASET else _own_bytes(face)
    except (OSError, KeyLost, InvalidToken) as error:
        raise FaceGone from error


def files_drop(study: Study) -> None:
    """Delete the files of a study once the transaction is through; the purge comes back for the rest."""
    names = list(study.faces.exclude(file="").values_list("file", flat=True))
    transaction.on_commit(lambda: drop_now(names), robust=True)


def drop_now(names: Iterable[str]) -> int:
    """Delete files; return how many are gone."""
    return sum(_drop(name) for name in names)


def purge() -> int:
    """Delete files of studies that are gone (a crash between row and file); return how many."""
    gone = 0
    for folder in _listed(FOLDER)[0]:
        names = [f"{FOLDER}/{folder}/{name}" for name in _listed(f"{FOLDER}/{folder}")[1]]
        if not Study.objects.filter(uuid=folder).exists():
            gone += drop_now(names)
    return gone


def _file_bytes(face: Face) -> bytes:
    with photo_storage().open(face.file) as file:
        return _cipher(face.study).decrypt(file.read())


def _own_bytes(face: Face) -> bytes:
    reading = face.reading
    if reading is None or not reading.face:
        raise FaceGone
    member = reading.check_in.member
    allowed = (Purpose.PANEL, Purpose.EMOTION)
    if not member.is_active or not all(has_grant(member, purpose) for purpose in allowed):
        raise FaceGone
    return _cut(photo_bytes(reading), reading.face)


def _cut(jpeg: bytes, box: dict[str, Any]) -> bytes:
    """Cut a square around the face box (pixels of the stored photo), at most :data:`LONGEST` wide."""
    with Image.open(io.BytesIO(jpeg)) as photo:
        reach = max(box["w"], box["h"]) * (0.5 + MARGIN)
        x, y = box["x"] + box["w"] / 2, box["y"] + box["h"] / 2
        left, top = max(0, round(x - reach)), max(0, round(y - reach))
        right, bottom = min(photo.width, round(x + reach)), min(photo.height, round(y + reach))
        if right <= left or bottom <= top:
            raise FaceGone
        face = photo.convert("RGB").crop((left, top, right, bottom))
    face.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    face.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _cipher(study: Study) -> Fernet:
    return Fernet(unseal(study.key).encode())


def _drop(name: str) -> bool:
    try:
        photo_storage().delete(name)
    except OSError:
        logger.warning("A face of a study could not be deleted just now.", exc_info=True)
        return False
    return True


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return photo_storage().listdir(folder)
    except FileNotFoundError:  # nothing was ever imported
        return [], []
