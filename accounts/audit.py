"""Write down who looked at whose data; the person looked at reads it on their own page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise

from accounts.keys import KeyLost, decrypt_for, encrypt_for
from accounts.models import AccessEntry, Grant, Organisation, SubjectKey, User
from accounts.services import ledger_of

_ACTIONS: Final[dict[str, str | Promise]] = {}


class UnknownAction(LookupError):
    """Code tried to record an action that no room registered."""

    code = "unknown_action"


def register(action: str, label: str | Promise) -> None:
    """Name an action in words the person looked at understands ("마음의 흐름을 봤어요")."""
    _ACTIONS[action] = label


def label_of(action: str) -> str:
    """Return an action's words; one whose room is gone shows its code."""
    return str(_ACTIONS.get(action, action))


def record(
    *,
    actor: User,
    member: User,
    action: str,
    data_classes: Sequence[str],
    reason: str = "",
    grant: Grant | None = None,
    organisation: Organisation | None = None,
) -> AccessEntry:
    """Add one row to the member's access ledger; an unregistered action raises UnknownAction."""
    _check(action)
    row = _row(actor, action, data_classes, grant, organisation)
    row.reason = encrypt_for(member, reason.encode()) if reason else b""
    with ledger_of(member) as row.subject:
        row.save()
    return row


@transaction.atomic
def record_many(
    *,
    actor: User,
    members_with_grants: Iterable[tuple[User, Grant]],
    action: str,
    data_classes: Sequence[str],
    reason: str = "",
) -> list[AccessEntry]:
    """Add one row for each member of a list, in four queries whatever its length.

    Keys are locked in one order, so that two people opening one list wait instead of deadlocking.
    """
    _check(action)
    pairs = {grant.subject: (member, grant) for member, grant in members_with_grants}
    keys = SubjectKey.objects.filter(subject__in=pairs).order_by("pk")
    present = list(keys.select_for_update().values_list("subject", flat=True))
    last = {row.subject: row for row in _last_rows(present)}
    rows = []
    for subject in present:
        member, grant = pairs[subject]
        row = _row(actor, action, data_classes, grant, None)
        row.subject = subject
        row.reason = encrypt_for(member, reason.encode()) if reason else b""
        row.follow(last.get(subject))
        rows.append(row)
    AccessEntry.objects.bulk_create(rows, batch_size=500)
    return rows


def reason_for(entry: AccessEntry, member: User) -> str:
    """Return the reason in clear; empty when none was given or its key is gone."""
    if not entry.reason:
        return ""
    try:
        return decrypt_for(member, bytes(entry.reason)).decode()
    except KeyLost:
        return ""


def _check(action: str) -> None:
    if action not in _ACTIONS:
        raise UnknownAction(action)


def _row(
    actor: User,
    action: str,
    data_classes: Sequence[str],
    grant: Grant | None,
    organisation: Organisation | None,
) -> AccessEntry:
    return AccessEntry(
        actor=actor,
        action=action,
        data_classes=sorted(str(word) for word in data_classes),
        grant=grant.grant if grant else None,
        organisation_id=organisation.pk if organisation else grant.organisation_id if grant else None,
    )


def _last_rows(subjects: Sequence[uuid.UUID]) -> Iterable[AccessEntry]:
    """Return the last row of each subject's chain."""
    newest = AccessEntry.objects.filter(subject=OuterRef("subject")).order_by("-sequence")
    rows = AccessEntry.objects.filter(subject__in=subjects)
    return rows.filter(sequence=Subquery(newest.values("sequence")[:1]))
