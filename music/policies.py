"""Who may hear, and who may keep the catalogue."""

from __future__ import annotations

from accounts.choices import Purpose
from accounts.models import User
from accounts.policies import may_curate
from accounts.selectors import has_grant
from moods.models import CheckIn

__all__ = ["is_owner", "may_curate", "may_suggest_to"]


def is_owner(user: User, check_in: CheckIn) -> bool:
    """Say whether the check-in is this person's own; music for it is for nobody else."""
    return check_in.member_id == user.pk


def may_suggest_to(user: User) -> bool:
    """Say whether the person allows that their mood chooses music and that plays are noted."""
    return has_grant(user, Purpose.MUSIC)
