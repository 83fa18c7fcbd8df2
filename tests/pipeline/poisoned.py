"""The product's Celery app with one fault: the photo whose digest MAEUM_POISON names kills the process.

No real picture is known that does; a decoder or a driver that crashes looks exactly like this.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Sequence

import inference
from config.celery import app

__all__ = ["app"]

_read = inference.read_photos


def _fatal(photos: Sequence[bytes], *, version: str | None = None) -> list[inference.Reading]:
    if any(hashlib.sha256(photo).hexdigest() == os.environ["MAEUM_POISON"] for photo in photos):
        os.kill(os.getpid(), signal.SIGKILL)
    return _read(photos, version=version)


inference.read_photos = _fatal
# Nobody needs the ensemble before the poison is out of the way: this keeps each life short.
inference.warm_up = lambda: None
