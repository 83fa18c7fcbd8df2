"""Everything that writes people, roles and consent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from accounts import notices, withdrawals
from accounts.choices import Decision, PhotoRetention, Purpose, Role
from accounts.keys import subject_of
from accounts.models import Grant, Organisation, RoleAssignment, SubjectKey, User

#: Roles whose work happens in Django's admin.
ADMIN_SITE_ROLES = frozenset({Role.CURATOR, Role.ADMIN})
#: How long sharing lasts before it must be agreed to again.
SHARE_PERIOD = timedelta(days=365)


@transaction.atomic
def user_create(
    *,
    email: str,
    password: str | None,
    display_name: str = "",
    language: str = "ko",
    time_zone: str = "Asia/Seoul",
    roles: Iterable[str] = (Role.MEMBER,),
    birth_year: int | None = None,
    verified: bool = False,
) -> User:
    """Save a person with an e-mail address and roles; without a password nobody can log in."""
    user = User.objects.create_user(
        email,
        password,
        display_name=display_name,
        language=language,
        time_zone=time_zone,
        birth_year=birth_year,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    for role in roles:
        role_add(user=user, role=role)
    return user


def role_add(*, user: User, role: str) -> None:
    """Give a role; roles that work in the admin site open its door."""
    RoleAssignment.objects.get_or_create(user=user, role=Role(role))
    roles_changed(user=user)


def role_remove(*, user: User, role: str) -> None:
    """Take a role away, and the admin site with the last role that needs it."""
    RoleAssignment.objects.filter(user=user, role=role).delete()
    roles_changed(user=user)


def roles_changed(*, user: User) -> None:
    """Open the admin site to roles that work there, and close it to others."""
    user.__dict__.pop("roles", None)
    is_staff = user.is_superuser or user.has_role(*ADMIN_SITE_ROLES)
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])


@transaction.atomic
def totp_enrol(*, user: User, secret: str | None = None) -> str:
    """Give a person a TOTP second factor, replacing an older one; returns the base32 secret."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    secret = secret or generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


@contextmanager
def ledger_of(user: User) -> Iterator[uuid.UUID]:
    """Hold the person's chain while a row is added; yields the subject.

    Two writers of one chain wait for each other on the key's row (PostgreSQL); on SQLite every
    transaction is IMMEDIATE, so that the second waits for the whole file.
    """
    with transaction.atomic():
        key = subject_of(user)
        yield SubjectKey.objects.select_for_update().get(pk=key.pk).subject


def grant_give(
    *,
    user: User,
    purpose: str,
    organisation: Organisation | None = None,
    data_classes: Sequence[str] = (),
    expires_at: datetime | None = None,
    language: str | None = None,
    method: str = "web",
) -> Grant:
    """Record one consent with the notice that was read; the same consent again changes nothing."""
    if (purpose == Purpose.SHARE) != (organisation is not None):
        raise ValueError("Sharing names an organisation, and nothing else does.")
    language = _language(user, language)
    row = Grant(
        decision=Decision.GIVEN,
        purpose=Purpose(purpose),
        organisation=organisation,
        data_classes=sorted(str(word) for word in data_classes),
        expires_at=expires_at,
        notice_version=notices.VERSION,
        notice_hash=notices.fingerprint(purpose, language),
        language=language,
        method=method,
    )
    with ledger_of(user) as row.subject:
        same = _same_grant(row)
        if same is None:
            row.save()
    return same or row


def _same_grant(row: Grant) -> Grant | None:
    """Return an active grant that already says what ``row`` would, for at least as long."""
    active = Grant.objects.active().filter(
        subject=row.subject, purpose=row.purpose, organisation=row.organisation
    )
    grant: Grant
    for grant in active.filter(notice_hash=row.notice_hash):
        lasts = grant.expires_at is None or (
            row.expires_at is not None and grant.expires_at >= row.expires_at - timedelta(days=1)
        )
        if grant.data_classes == row.data_classes and lasts:
            return grant
    return None


def grant_withdraw(*, user: User, grant: uuid.UUID, method: str = "web") -> Grant | None:
    """Withdraw one consent; again changes nothing, somebody else's or none gives None."""
    with ledger_of(user) as subject:
        rows: dict[str, Grant] = {
            row.decision: row for row in Grant.objects.filter(subject=subject, grant=grant)
        }
        given = rows.get(Decision.GIVEN)
        if given is None:
            return None
        if Decision.WITHDRAWN in rows:
            return rows[Decision.WITHDRAWN]
        row = _withdrawal(given, _language(user, None), method)
        row.save()
        if given.purpose == Purpose.PHOTO_KEEP:
            photo_retention_set(user=user, retention=PhotoRetention.FORGET)
        withdrawals.run(user, row)
    return row


def _withdrawal(given: Grant, language: str, method: str) -> Grant:
    return Grant(
        subject=given.subject,
        grant=given.grant,
        decision=Decision.WITHDRAWN,
        purpose=given.purpose,
        organisation=given.organisation,
        data_classes=given.data_classes,
        expires_at=given.expires_at,
        notice_version=given.notice_version,
        notice_hash=given.notice_hash,
        language=language,
        method=method,
    )


def _language(user: User, language: str | None) -> str:
    """Return the language a person decides in: as told, else as the page shows, else their own."""
    return (language or get_language() or user.language)[:5]


def photo_retention_set(*, user: User, retention: str) -> None:
    """Store how long the member keeps photos after they are read."""
    user.photo_retention = PhotoRetention(retention)
    user.save(update_fields=["photo_retention"])


def streaks_shown_set(*, user: User, shown: bool) -> None:
    """Store whether the diary counts days in a row for this member."""
    user.shows_streaks = shown
    user.save(update_fields=["shows_streaks"])


def consent_answered(*, user: User) -> None:
    """Remember that the member answered the consent page, so that it is not pushed again."""
    if user.consent_answered_at is None:
        user.consent_answered_at = timezone.now()
        user.save(update_fields=["consent_answered_at"])


@transaction.atomic
def account_erase(*, user: User) -> None:
    """Destroy the person's key and row; whoever looked at others is shut out instead.

    The ledgers keep their rows: without the key they name nobody and their text is unreadable.
    Rows of *other* people's ledgers name their actor, so that such an account stays, empty.
    """
    SubjectKey.objects.filter(user=user).delete()
    user.__dict__.pop("roles", None)
    user._state.fields_cache.pop("subject_key", None)
    if not user.looks.exists():
        user.delete()
        return
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
