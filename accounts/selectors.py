"""Questions about people and consent; nothing here writes."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts.choices import Purpose, Role
from accounts.models import AccessEntry, Grant, Organisation, User
from accounts.models.ledger import GrantQuerySet, LedgerRow
from accounts.models.people import SubjectKey

#: Roles that see the clients of their organisation.
WELFARE_ROLES = (Role.OFFICER, Role.SUPERVISOR)


def subject_or_none(user: User) -> uuid.UUID | None:
    """Return the person's random subject key, without making one."""
    try:
        return user.subject_key.subject
    except SubjectKey.DoesNotExist:
        return None


def _subjects(user: User) -> list[uuid.UUID]:
    """Return the person's subject for an ``__in`` lookup; none for who never had a key."""
    subject = subject_or_none(user)
    return [] if subject is None else [subject]


def grants_of(user: User) -> GrantQuerySet:
    """Return the person's active grants, oldest first."""
    found = Grant.objects.active().filter(subject__in=_subjects(user))
    return found.select_related("organisation").order_by("sequence")


def grant_history(user: User) -> GrantQuerySet:
    """Return every row of the person's consent ledger, newest first."""
    rows = Grant.objects.filter(subject__in=_subjects(user))
    return rows.select_related("organisation").order_by("-sequence")


def has_grant(user: User, purpose: str, organisation: Organisation | None = None) -> bool:
    """Say whether the person allows the purpose now (to this organisation, if one is named)."""
    grants = Grant.objects.active().filter(subject__in=_subjects(user), purpose=purpose)
    if organisation is not None:
        grants = grants.filter(organisation=organisation)
    return bool(grants.exists())


def people_granting(purpose: str) -> QuerySet[User]:
    """Return everybody who allows the purpose now: :func:`has_grant` asked of all at once."""
    subjects = Grant.objects.active().filter(purpose=purpose).values("subject")
    return User.objects.filter(subject_key__subject__in=subjects)


def organisations_of(staff: User) -> QuerySet[Organisation]:
    """Return the organisations the staff person works in."""
    return Organisation.objects.filter(memberships__user=staff).order_by("name")


def share_grants_to(staff: User) -> GrantQuerySet:
    """Return active grants that share something with an organisation of this welfare person."""
    if not (staff.is_active and staff.has_role(*WELFARE_ROLES)):
        return Grant.objects.none()
    grants = Grant.objects.active().filter(purpose=Purpose.SHARE)
    return grants.filter(organisation__in=organisations_of(staff)).select_related("organisation")


def clients_of(staff: User) -> QuerySet[User]:
    """Return the active members who share with an organisation of the staff person."""
    subjects = share_grants_to(staff).values("subject")
    clients = User.objects.filter(is_active=True, subject_key__subject__in=subjects)
    return clients.exclude(pk=staff.pk).select_related("subject_key")


def share_grant(member: User, staff: User) -> Grant | None:
    """Return the grant by which the staff person sees the member, if there is one."""
    grants = share_grants_to(staff).filter(subject__in=_subjects(member))
    return grants.order_by("sequence").last()


def access_entries_of(user: User) -> QuerySet[AccessEntry]:
    """Return who looked at the person, newest first."""
    rows = AccessEntry.objects.filter(subject__in=_subjects(user))
    return rows.select_related("actor", "organisation").order_by("-sequence")


def chain_is_whole(model: type[LedgerRow], subject: uuid.UUID) -> bool:
    """Say whether no row of the subject's chain was changed, taken out or slipped in.

    A chain cut short at its end still looks whole: only a copy kept elsewhere can show that.
    """
    previous = ""
    rows = model._default_manager.filter(subject=subject).order_by("sequence")
    for place, row in enumerate(rows.iterator(), start=1):
        if (row.sequence, row.previous, row.digest) != (place, previous, row.expected_digest()):
            return False
        previous = row.digest
    return True
