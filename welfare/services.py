"""Looking is an act: it is written down before anything is shown."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone, translation

from accounts import audit
from accounts.choices import DataClass
from accounts.models import AccessEntry, User
from welfare.choices import Action, Why
from welfare.selectors import Client


def list_seen(*, officer: User, clients: Iterable[Client]) -> list[AccessEntry]:
    """Write down that the officer saw these clients in the list: the one home of the once-a-day rule.

    One entry for each client, officer, grant and day (of the officer's time zone), not one for each
    reload, so that the member's log stays readable. Two tabs opened at the same instant may write
    two: too many entries is the safe side.
    """
    shown = list(clients)
    if not shown:
        return []
    today = timezone.localtime(timezone=officer.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = AccessEntry.objects.filter(
        actor=officer,
        action=Action.LIST,
        at__gte=today,
        subject__in=[client.grant.subject for client in shown],
    )
    known = set(rows.values_list("subject", "grant"))
    new = [client for client in shown if (client.grant.subject, client.grant.grant) not in known]
    if not new:
        return []
    return audit.record_many(
        actor=officer,
        members_with_grants=[(client.user, client.grant) for client in new],
        action=Action.LIST,
        data_classes=[DataClass.TREND],
    )


def client_opened(*, officer: User, client: Client, why: str, note: str = "") -> AccessEntry:
    """Write down that the officer opens a client's trend, and why, in the client's own language."""
    with translation.override(client.user.language):
        reason = str(Why(why).label)
    if note:
        reason = f"{reason} · {note}"
    return audit.record(
        actor=officer,
        member=client.user,
        action=Action.CLIENT,
        data_classes=[DataClass.TREND],
        reason=reason,
        grant=client.grant,
        organisation=client.grant.organisation,
    )
