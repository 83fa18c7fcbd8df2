"""Demo people: fixed log-ins of every role, and members with plausible lives. Demo only."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import selectors, services
from accounts.choices import STAFF_ROLES, DataClass, PhotoRetention, Purpose, Role
from accounts.models import Membership, Organisation, User
from accounts.seeding import SeedContext

DOMAIN: Final = "demo.maeum"
#: Printed by `make run`: a demo's password is no secret, its data are invented.
PASSWORD: Final = "maeum-demo-2026"  # noqa: S105
ORGANISATIONS: Final = (("솔마을복지관", "02-000-0101"), ("한빛구청 복지정책과", "02-000-0202"))


@dataclass(frozen=True)
class DemoLogin:
    """A fixed log-in: what it is called, what it may do, where it works."""

    key: str
    name: str
    role: Role
    works_at: tuple[int, ...] = ()

    @property
    def email(self) -> str:
        """Return the log-in address."""
        return f"{self.key}@{DOMAIN}"

    @property
    def needs_totp(self) -> bool:
        """Say whether the role requires a second factor."""
        return self.role in STAFF_ROLES


STAFF: Final = (
    DemoLogin("officer", "이수진", Role.OFFICER, (0,)),
    DemoLogin("officer2", "박도현", Role.OFFICER, (0,)),
    DemoLogin("officer3", "정하늘", Role.OFFICER, (1,)),
    DemoLogin("supervisor", "최은영", Role.SUPERVISOR, (0, 1)),
    DemoLogin("curator", "윤서진", Role.CURATOR),
    DemoLogin("admin", "강민호", Role.ADMIN),
)
CAREGIVER: Final = DemoLogin("caregiver", "김지은", Role.CAREGIVER)
MEMBER: Final = DemoLogin("member", "김순자", Role.MEMBER)
#: The log-ins `demo_logins` prints.
FIXED: Final = (MEMBER, CAREGIVER, *STAFF)

_FAMILY: Final = "김이박최정강조윤장임한오서신권황안송전홍"
_GIVEN: Final = (
    "순자 영자 정숙 옥순 말순 경자 춘자 명자 복순 금자 영숙 미자 점순 정희 순옥 옥자 광자 덕순 "
    "영수 영호 정남 종수 광수 병철 상철 성호 재호 춘식 만수 용식 기철 동수 창수 학수 태식 인수"
).split()


@transaction.atomic
def seed_people(context: SeedContext) -> None:
    """Make every demo person and their consents; run again, it finds them all and adds nothing."""
    if not settings.MAEUM_DEMO:
        raise RuntimeError("Demo people exist only with MAEUM_DEMO=1.")
    password = make_password(PASSWORD)
    context.organisations = [_organisation(name, phone) for name, phone in ORGANISATIONS]
    for login in (*STAFF, CAREGIVER):
        context.staff[login.key] = _staff(login, context.organisations, password)
    context.members = [_member(context, place, password) for place in range(context.members_wanted)]


def totp_secret_for(email: str) -> str:
    """Return a demo login's TOTP secret: stable here, different on every installation."""
    digest = hmac.new(settings.MAEUM_MASTER_KEY.encode(), f"demo totp {email}".encode(), hashlib.sha256)
    return base64.b32encode(digest.digest()[:20]).decode()


def _organisation(name: str, phone: str) -> Organisation:
    return Organisation.objects.get_or_create(name=name, defaults={"phone": phone})[0]


def _person(email: str, name: str, role: Role, password: str, birth_year: int | None = None) -> User:
    """Return the demo person, made on first use with the password hash they all share."""
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    user = services.user_create(
        email=email,
        password=None,
        display_name=name,
        roles=(role,),
        birth_year=birth_year,
        verified=True,
    )
    user.password = password
    user.consent_answered_at = timezone.now()
    user.save(update_fields=["password", "consent_answered_at"])
    return user


def _staff(login: DemoLogin, organisations: list[Organisation], password: str) -> User:
    user = _person(login.email, login.name, login.role, password)
    if user.needs_second_factor and not _has_totp(user):
        services.totp_enrol(user=user, secret=totp_secret_for(login.email))
    for place in login.works_at:
        Membership.objects.get_or_create(user=user, organisation=organisations[place])
    return user


def _has_totp(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def _member(context: SeedContext, place: int, password: str) -> User:
    """Make one member; chance is drawn the same way whether or not the member exists."""
    rng = context.rng
    name = rng.choice(_FAMILY) + rng.choice(_GIVEN)
    year = rng.randint(1938, 1960) if rng.random() < 0.85 else rng.randint(1961, 1995)
    shares, keeps = rng.random() < 0.7, rng.random() < 0.2
    organisation = rng.choice(context.organisations)
    if place == 0:
        # The fixed member shows the whole road: she shares with the fixed officer's organisation.
        name, year, shares, organisation = MEMBER.name, 1948, True, context.organisations[0]
    email = MEMBER.email if place == 0 else f"member{place + 1:02d}@{DOMAIN}"
    user = _person(email, name, Role.MEMBER, password, year)
    _consents(user, organisation if shares else None, keeps)
    return user


def _consents(user: User, organisation: Organisation | None, keeps: bool) -> None:
    """Give a new member's grants; whoever already decided something is left alone."""
    if selectors.grant_history(user).exists():
        return
    for purpose in (Purpose.EMOTION, Purpose.MUSIC):
        services.grant_give(user=user, purpose=purpose, language="ko", method="demo")
    if keeps:
        services.grant_give(user=user, purpose=Purpose.PHOTO_KEEP, language="ko", method="demo")
        services.photo_retention_set(user=user, retention=PhotoRetention.MONTH)
    if organisation is not None:
        services.grant_give(
            user=user,
            purpose=Purpose.SHARE,
            organisation=organisation,
            data_classes=[DataClass.TREND],
            expires_at=timezone.now() + services.SHARE_PERIOD,
            language="ko",
            method="demo",
        )
