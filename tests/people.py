"""The same three people in every test, and the organisation one of them shares with.

Sunja is a member who shares her trend; Sujin is an officer of that organisation; Charlie is a
member who has no right to be here.
"""

from __future__ import annotations

from accounts.choices import DataClass, Purpose, Role
from accounts.models import Organisation, User
from accounts.services import grant_give, totp_enrol, user_create

PASSWORD = "correct horse 7 battery"


def make_organisation(name: str = "솔마을복지관") -> Organisation:
    """Make a welfare centre."""
    return Organisation.objects.create(name=name)


def make_member(email: str = "sunja@example.org", **fields: object) -> User:
    """Make a verified member who allows emotion reading and music."""
    fields.setdefault("display_name", "김순자")
    fields.setdefault("birth_year", 1948)
    user = user_create(email=email, password=PASSWORD, verified=True, **fields)  # type: ignore[arg-type]
    for purpose in (Purpose.EMOTION, Purpose.MUSIC):
        grant_give(user=user, purpose=purpose)
    user.consent_answered_at = user.date_joined
    user.save(update_fields=["consent_answered_at"])
    return user


def share_with(member: User, organisation: Organisation) -> None:
    """Let an organisation see the member's trend."""
    grant_give(user=member, purpose=Purpose.SHARE, organisation=organisation, data_classes=[DataClass.TREND])


def make_staff(
    organisation: Organisation | None, email: str = "sujin@example.org", role: str = Role.OFFICER
) -> User:
    """Make a staff person with a second factor."""
    user = user_create(email=email, password=PASSWORD, verified=True, display_name="이수진", roles=(role,))
    totp_enrol(user=user)
    if organisation is not None:
        user.memberships.create(organisation=organisation)
    return user
