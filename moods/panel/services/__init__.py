"""Writes of a study; the only place that changes one."""

from __future__ import annotations

from moods.panel.services.machine import run as machine_run
from moods.panel.services.machine import waiting as machine_waiting
from moods.panel.services.people import (
    FreshLink,
    answer_give,
    device_link_make,
    face_show,
    finish,
    join,
    link_find,
    link_use,
    links_make,
    participant_erase,
)
from moods.panel.services.pictures import FaceGone, face_bytes, purge
from moods.panel.services.studies import (
    faces_import,
    look,
    machine_again,
    own_draw,
    own_faces_end,
    person_erase,
    study_close,
    study_create,
    study_delete,
    study_open,
)

__all__ = [
    "FaceGone",
    "FreshLink",
    "answer_give",
    "device_link_make",
    "face_bytes",
    "face_show",
    "faces_import",
    "finish",
    "join",
    "link_find",
    "link_use",
    "links_make",
    "look",
    "machine_again",
    "machine_run",
    "machine_waiting",
    "own_draw",
    "own_faces_end",
    "participant_erase",
    "person_erase",
    "purge",
    "study_close",
    "study_create",
    "study_delete",
    "study_open",
]
