"""Who may see whose trend: one rule, asked for a list and for one person alike."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.db.models import QuerySet

from accounts import policies, selectors
from accounts.choices import DataClass
from accounts.models import Grant, User


class TrendPolicy:
    """A welfare person sees the trend of members whose active share grant names it.

    ``accounts`` says whose clients they are; this room adds that the grant must open ``trend``: a
    member may share notes or photos without the line.
    """

    def grants_to(self, staff: User) -> dict[uuid.UUID, Grant]:
        """Return the newest grant that opens a trend to the staff person, by the giver's subject."""
        rows = selectors.share_grants_to(staff).order_by("sequence")
        # Data classes are a JSON list, which SQLite cannot search: so they are looked at here.
        return {row.subject: row for row in rows if DataClass.TREND in row.data_classes}

    def visible_to(self, staff: User, grants: Mapping[uuid.UUID, Grant] | None = None) -> QuerySet[User]:
        """Return every member whose trend is open; ``grants`` saves asking for them again."""
        open_to = self.grants_to(staff) if grants is None else grants
        return policies.clients_visible_to(staff).filter(subject_key__subject__in=list(open_to))

    def may_see(self, staff: User, member: User) -> bool:
        """Say whether this member's trend is open: the list above, asked for one."""
        return self.visible_to(staff).filter(pk=member.pk).exists()


trends = TrendPolicy()
