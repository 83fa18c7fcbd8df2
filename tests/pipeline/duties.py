"""What the driver can do: each by the product's own services, as a view would."""

from __future__ import annotations

import base64
import time
from typing import Any

from django.utils import timezone

from accounts.choices import Purpose
from accounts.models import User
from accounts.services import grant_give, user_create
from moods import services, tasks
from moods.choices import Status
from moods.models import CheckIn, PhotoReading


def someone() -> User:
    """Return the house's one member."""
    user = User.objects.filter(email="sunja@example.org").first()
    if user is None:
        user = user_create(email="sunja@example.org", password=None, verified=True)
        grant_give(user=user, purpose=Purpose.EMOTION)
    return user


def upload(photos: list[str]) -> list[float]:
    """Check in with each photo as the view does; return how many seconds each took."""
    member, took = someone(), []
    for photo in photos:
        start = time.monotonic()
        services.check_in_create(member=member, when=None, photo=base64.b64decode(photo), mood=None)
        tasks.wake()
        took.append(time.monotonic() - start)
    return took


def rows() -> list[dict[str, Any]]:
    """Return every reading."""
    fields = ("pk", "status", "reason", "attempts", "emotion", "confidence", "finished_at", "photo", "ms")
    found = PhotoReading.objects.order_by("pk").values(*fields)
    return [{**row, "finished_at": str(row["finished_at"])} for row in found]


def statuses() -> dict[str, int]:
    """Count readings by status."""
    found: dict[str, int] = {}
    for status in PhotoReading.objects.values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def wake(times: int) -> None:
    """Send the same message several times."""
    for _ in range(times):
        tasks.wake()


def sweep() -> None:
    """Do what beat asks the default worker to do."""
    tasks.sweep()


def expire() -> None:
    """Let time pass until every lease has run out, without waiting for it."""
    PhotoReading.objects.filter(status=Status.RUNNING).update(lease_until=timezone.now())


def purge() -> None:
    """Do what beat asks for every ten minutes."""
    tasks.purge()


def forget() -> None:
    """Empty the diary."""
    CheckIn.objects.all().delete()


COMMANDS = {f.__name__: f for f in (upload, rows, statuses, wake, sweep, expire, purge, forget)}
