"""Who may do what; each rule answers for one person and for a list of people alike."""

from __future__ import annotations

from typing import TypeGuard

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts import selectors
from accounts.choices import STAFF_ROLES, Role
from accounts.models import User

AnyUser = User | AnonymousUser | AbstractBaseUser


class ClientPolicy:
    """A welfare person sees members who share with an organisation that person works in."""

    def visible_to(self, staff: User) -> QuerySet[User]:
        """Return every member the staff person may see."""
        return selectors.clients_of(staff)

    def may_see(self, staff: User, member: User) -> bool:
        """Say whether the staff person may see this member: the list above, asked for one."""
        return self.visible_to(staff).filter(pk=member.pk).exists()


_clients = ClientPolicy()


def may_see_client(staff: User, member: User) -> bool:
    """Say whether the staff person may see this member."""
    return _clients.may_see(staff, member)


def clients_visible_to(staff: User) -> QuerySet[User]:
    """Return every member the staff person may see."""
    return _clients.visible_to(staff)


def is_staff_role(user: AnyUser) -> bool:
    """Say whether the person holds a role that works for others."""
    return _is_person(user) and user.has_role(*STAFF_ROLES)


def may_curate(user: AnyUser) -> bool:
    """Say whether the person may change the music catalogue."""
    return _is_person(user) and user.has_role(Role.CURATOR, Role.ADMIN)


def may_administer(user: AnyUser) -> bool:
    """Say whether the person may change people, roles and organisations."""
    return _is_person(user) and user.has_role(Role.ADMIN)


def _is_person(user: AnyUser) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_active
