"""Rows for this room's tests: clients with a word or a guess on a day."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.utils import timezone

from accounts.models import Organisation, User
from moods.choices import Status
from moods.models import CheckIn, PhotoReading
from tests.people import make_member, share_with

NOTE = "무릎이 아파서 못 나갔어요"


def day_ago(days: int) -> date:
    """Return a day of Seoul's calendar."""
    return timezone.localdate() - timedelta(days=days)


def said(member: User, days: int, mood: int | None = 1, at: time = time(9)) -> CheckIn:
    """Store the member's own word, with a note that no officer may ever see."""
    return CheckIn.objects.create(
        member=member, local_date=day_ago(days), local_time=at, time_zone="Asia/Seoul", mood=mood, note=NOTE
    )


def guessed(member: User, days: int, valence: float = 0.5, at: time = time(9)) -> CheckIn:
    """Store an entry of which only the photo speaks."""
    entry = said(member, days, mood=None, at=at)
    PhotoReading.objects.create(
        check_in=entry, status=Status.READ, emotion="happy", valence=valence, arousal=0.1,
        probabilities={"happy": 1.0}, photo="kept/secret-photo.jpg",
    )  # fmt: skip
    return entry


def make_clients(organisation: Organisation, count: int) -> list[User]:
    """Make members who share with the organisation; each wrote yesterday and was read today."""
    clients = []
    for place in range(count):
        client = make_member(f"client{place}@example.org", display_name=f"회원{place:02d}")
        share_with(client, organisation)
        said(client, 1)
        guessed(client, 0)
        clients.append(client)
    return clients
