"""Demo people: the same by seed, once, and only in the demo."""

from __future__ import annotations

import json
import random
import time
from datetime import date
from io import StringIO

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from accounts import demo, policies, selectors
from accounts.choices import Purpose
from accounts.models import AccessEntry, Grant, User
from accounts.seeding import SeedContext


def seeded(members: int = 12) -> SeedContext:
    context = SeedContext(random.Random(7), members, 30, date(2026, 11, 20), lambda line: None)
    demo.seed_people(context)
    return context


def test_demo_has_every_role_and_sharing_members(db: None) -> None:
    context = seeded()
    assert {role for user in User.objects.all() for role in user.roles} == {
        "member", "caregiver", "officer", "supervisor", "curator", "admin",
    }  # fmt: skip
    assert len(context.members) == 12
    assert len(context.organisations) == 2
    for member in context.members:
        assert selectors.has_grant(member, Purpose.EMOTION)
        assert selectors.has_grant(member, Purpose.MUSIC)
        assert selectors.chain_is_whole(Grant, member.subject_key.subject)
    assert 0 < Grant.objects.filter(purpose=Purpose.SHARE).count() < 12
    assert context.members[0] in policies.clients_visible_to(context.staff["officer"])


def test_seeding_again_adds_nothing_and_finds_the_same_people(db: None) -> None:
    first = [user.name for user in seeded().members]
    counts = User.objects.count(), Grant.objects.count(), AccessEntry.objects.count()
    assert [user.name for user in seeded().members] == first
    assert (User.objects.count(), Grant.objects.count(), AccessEntry.objects.count()) == counts


def test_printed_login_really_gets_in(db: None) -> None:
    seeded(2)
    out = StringIO()
    call_command("demo_logins", "--json", stdout=out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["role"] for row in rows][:3] == ["member", "caregiver", "officer"]
    officer = rows[2]
    client = Client()
    client.post(reverse("account_login"), {"login": officer["email"], "password": officer["password"]})
    code = format_hotp_value(hotp_value(officer["totp_secret"], int(time.time()) // 30))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.session["_auth_user_id"]


def test_second_factor_secrets_differ_between_installations() -> None:
    here = demo.totp_secret_for("officer@demo.maeum")
    with override_settings(MAEUM_MASTER_KEY="another"):
        assert demo.totp_secret_for("officer@demo.maeum") != here


def test_without_the_demo_switch_there_are_no_demo_people(db: None) -> None:
    with override_settings(MAEUM_DEMO=False):
        with pytest.raises(RuntimeError, match="MAEUM_DEMO"):
            seeded()
        with pytest.raises(CommandError):
            call_command("demo_logins")
    assert not User.objects.exists()
