"""Who may make a study, name its faces, and see its results. What is not allowed here is refused."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from accounts.choices import Role
from accounts.models import User
from accounts.policies import is_staff_role
from moods.panel.choices import StudyState
from moods.panel.models import Participant, Study

AnyUser = User | AnonymousUser | AbstractBaseUser


def may_manage(user: AnyUser) -> bool:
    """Say whether somebody may make, fill, open, close and delete studies, invite, and see results."""
    return isinstance(user, User) and user.is_active and user.has_role(Role.ADMIN, Role.SUPERVISOR)


def may_take_part(user: AnyUser, study: Study) -> bool:
    """Say whether somebody may join a study under their own log-in: staff, while it is open."""
    return is_staff_role(user) and study.state == StudyState.OPEN


def may_answer(participant: Participant) -> bool:
    """Say whether a participant may still see faces and name them."""
    if participant.user is not None and not is_staff_role(participant.user):
        return False
    return participant.study.state == StudyState.OPEN and participant.finished_at is None
