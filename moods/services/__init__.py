"""Writes of this room; the only place that changes an entry or a reading.

Services do not know Celery. Whoever calls :func:`check_in_create` or :func:`reading_retry` (a view,
the API, a command) calls :func:`moods.tasks.wake` afterwards; forgetting it costs seconds, not a
reading, because the sweep finds the row.
"""

from __future__ import annotations

from moods.services.bundles import BundleRefused, active_version, bundle_activate, waiting_requeue
from moods.services.entries import (
    check_in_create,
    check_in_delete,
    check_in_update,
    check_ins_erase,
    reading_agree,
    reading_correct,
)
from moods.services.errors import SENTENCES, EntryError
from moods.services.photos import failed_photos_end, kept_photos_end, photo_delete, purge
from moods.services.queue import (
    Claim,
    SweepReport,
    fields_of,
    reading_finish,
    reading_release,
    reading_retry,
    readings_claim,
    readings_run,
    sweep,
)
from moods.services.rereads import (
    RereadClaim,
    RereadRefused,
    reread_finish,
    reread_pause,
    reread_release,
    reread_resume,
    reread_start,
    reread_stop,
    rereads_claim,
    rereads_run,
    rereads_sweep,
)

__all__ = [
    "SENTENCES",
    "BundleRefused",
    "Claim",
    "EntryError",
    "RereadClaim",
    "RereadRefused",
    "SweepReport",
    "active_version",
    "bundle_activate",
    "check_in_create",
    "check_in_delete",
    "check_in_update",
    "check_ins_erase",
    "failed_photos_end",
    "fields_of",
    "kept_photos_end",
    "photo_delete",
    "purge",
    "reading_agree",
    "reading_correct",
    "reading_finish",
    "reading_release",
    "reading_retry",
    "readings_claim",
    "readings_run",
    "reread_finish",
    "reread_pause",
    "reread_release",
    "reread_resume",
    "reread_start",
    "reread_stop",
    "rereads_claim",
    "rereads_run",
    "rereads_sweep",
    "sweep",
    "waiting_requeue",
]
