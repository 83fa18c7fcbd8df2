"""Who someone is, what they agreed to, who looked."""

from __future__ import annotations

from accounts.models.ledger import AccessEntry, Grant, LedgerError
from accounts.models.people import Membership, Organisation, RoleAssignment, SubjectKey, User

__all__ = [
    "AccessEntry",
    "Grant",
    "LedgerError",
    "Membership",
    "Organisation",
    "RoleAssignment",
    "SubjectKey",
    "User",
]
