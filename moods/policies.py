"""Who may open an entry: its member, nobody else."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import User
from moods.models import CheckIn


def may_open(user: User | AnonymousUser, check_in: CheckIn) -> bool:
    """Say whether somebody may open an entry; the same rule as :func:`entries_visible_to`."""
    return user.is_authenticated and user.is_active and user.pk == check_in.member_id


def entries_visible_to(user: User | AnonymousUser) -> QuerySet[CheckIn]:
    """Return the entries somebody may open: their own."""
    if not (user.is_authenticated and user.is_active):
        return CheckIn.objects.none()
    return CheckIn.objects.filter(member_id=user.pk)
