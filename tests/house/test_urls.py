"""Every address opens for somebody, turns strangers away, has one heading and never breaks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.demo import FIXED
from accounts.models import Grant, User
from moods.models import CheckIn
from moods.panel import services as panel_services
from moods.panel.models import Study

#: What a person may open without logging in.
PUBLIC = {
    "home", "health", "help_lines", "moods:crisis", "moods:crisis_in", "set_language", "demo_mailbox", "demo_message",
    "account_login", "account_signup", "account_logout", "account_inactive", "account_confirm_email",
    "account_email_verification_sent", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_login_by_passkey",
    "account_reauthenticate_login", "mfa_authenticate", "admin:jsi18n", "admin:login", "admin:logout",
}  # fmt: skip
#: Forms' targets without a page of their own, and steps that exist only in the middle of a flow.
MIDWAY = {
    "account_confirm_login_code", "account_reauthenticate", "mfa_authenticate", "mfa_trust", "mfa_reauthenticate",
    "account_inactive", "admin:auth_user_password_change", "admin:autocomplete", "admin:view_on_site",
    "mfa_download_recovery_codes", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_activate_totp",
    "mfa_deactivate_totp", "demo_message", "moods:photo",
    "moods:entry_progress", "moods:scales_question", "moods:scales_care", "moods:scales_result", "moods:scales_delete",
    "account_set_password", "accounts:erase", "accounts:export",
    "moods:patterns_days", "moods:portable_preview", "moods:portable_rows", "moods:portable_undo",
    "panel:link", "panel:face", "panel:picture", "panel:go", "panel:done", "panel:device", "panel:erase",
}  # fmt: skip
_H1 = re.compile(rb"<h1[\s>]")


@dataclass(frozen=True)
class Address:
    """One named pattern, with the parameters it asks for."""

    name: str
    parameters: tuple[str, ...]


def addresses() -> list[Address]:
    """Return every named address of the product."""
    return sorted(set(_walk(get_resolver(), "")), key=lambda a: a.name)


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            for found in _walk(pattern, inner):
                given = tuple(pattern.pattern.regex.groupindex)
                yield Address(found.name, (*given, *found.parameters))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield Address(f"{namespace}{pattern.name}", tuple(pattern.pattern.regex.groupindex))


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Seed a small demo; return its people by role."""
    call_command("seed_demo", members=2, days=6, stdout=io.StringIO())
    return {login.key: User.objects.get(email=login.email) for login in FIXED}


def sample(address: Address, people: dict[str, User]) -> dict[str, object] | None:
    """Return parameters that exist in the demo, the member's own where it is a person's."""
    entry = CheckIn.objects.filter(member=people["member"]).latest("pk")
    today = timezone.localdate()
    known: dict[str, object] = {
        "uuid": entry.uuid,
        "grant": Grant.objects.order_by("pk").values_list("grant", flat=True).first(),
        "year": today.year,
        "month": today.month,
        "day": entry.local_date,
        "client": people["member"].uuid,
        # A study in which nobody takes part: what its participants open, tests/moods/test_panel.py does.
        "study": _study(people["admin"]).uuid,
        "face": entry.uuid,
        "link": entry.uuid,
        "person": entry.uuid,
        # A sitting is made by answering: tests/moods/test_scales*.py open its pages.
        "scale": "who5",
        "number": 1,
        "language": "ko",
        "kind": "json",
        "token": "none",
        "key": "x-y",
        "uidb36": "x",
        "name": "none.log",
        "app_label": "accounts",
        "url": "nowhere",
    }
    model = re.match(r"admin:(?P<app>[a-z]+)_(?P<model>[a-z]+)_(change|delete|history)$", address.name)
    if model and "object_id" in address.parameters:
        row = apps.get_model(model["app"], model["model"])._default_manager.first()
        if row is None:
            return None
        known["object_id"] = row.pk
    return {name: known[name] for name in address.parameters if name in known}


def _study(by: User) -> Study:
    """Return the one study of the crawl, made on first use."""
    return Study.objects.first() or panel_services.study_create(by=by, title="연구", per_half=1)


def path_of(address: Address, people: dict[str, User]) -> str | None:
    """Return the path, or None where the demo has no such object; an unknown parameter is an error."""
    values = sample(address, people)
    if values is None:
        return None
    missing = set(address.parameters) - set(values)
    if missing and address.name.startswith("admin:"):
        return None
    assert not missing, f"{address.name}: teach sample() the parameter {missing}"
    try:
        return reverse(address.name, kwargs=values)
    except NoReverseMatch:
        return reverse(address.name, args=list(values.values()))


def browser(user: User | None) -> Client:
    """Return a client whose server errors are answers, not exceptions."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


def get(client: Client, path: str) -> HttpResponse:
    """Get a page; the crawler's type for Django's test response."""
    return client.get(path)  # type: ignore[return-value]


def whole_page(response: HttpResponse) -> bool:
    """Say whether this is a page rather than a fragment, a file or a redirect."""
    kind = str(response.headers.get("Content-Type", ""))
    return response.status_code == 200 and kind.startswith("text/html") and b"<html" in response.content


def test_there_is_something_to_crawl() -> None:
    names = {address.name for address in addresses()}
    assert {"home", "health", "moods:today", "music:home", "welfare:clients", "accounts:me"} <= names


def test_every_address_opens_for_somebody_and_breaks_for_nobody(people: dict[str, User]) -> None:
    clients = {key: browser(user) for key, user in people.items()}
    faults: list[str] = []
    for address in addresses():
        path = path_of(address, people)
        if path is None or address.name in {"account_logout"}:
            continue
        statuses: dict[str, int] = {}
        for key, client in clients.items():
            response = get(client, path)
            statuses[key] = response.status_code
            if response.status_code >= 500:
                faults.append(f"{address.name} as {key}: {response.status_code}")
            elif whole_page(response) and len(_H1.findall(response.content)) != 1:
                faults.append(f"{address.name} as {key}: {len(_H1.findall(response.content))} h1")
        # Of the admin's tables many are read-only or hidden for everybody: its own tests say which.
        table = address.name.startswith("admin:") and address.name != "admin:index"
        if not table and not {200, 405} & set(statuses.values()) and address.name not in PUBLIC | MIDWAY:
            faults.append(f"{address.name} opens for nobody: {statuses}")
    assert not faults, "\n".join(faults)


def test_strangers_see_public_pages_and_are_sent_to_log_in_elsewhere(people: dict[str, User]) -> None:
    stranger = browser(None)
    faults: list[str] = []
    for address in addresses():
        path = path_of(address, people)
        if path is None:
            continue
        response = get(stranger, path)
        status = response.status_code
        if status >= 500:
            faults.append(f"{address.name}: {status}")
        elif address.name in PUBLIC:
            if whole_page(response) and len(_H1.findall(response.content)) != 1:
                faults.append(f"{address.name}: {len(_H1.findall(response.content))} h1")
        elif status == 302:
            if not response.headers["Location"].startswith(("/accounts/", "/admin/login/")):
                faults.append(f"{address.name}: sent to {response.headers['Location']}")
        elif status not in {401, 403, 404, 405}:
            faults.append(f"{address.name}: open to strangers ({status})")
    assert not faults, "\n".join(faults)


def test_members_do_not_open_staff_pages(people: dict[str, User]) -> None:
    member = browser(people["member"])
    for name in ("welfare:clients", "admin:index", "admin:accounts_user_changelist"):
        assert get(member, reverse(name)).status_code in {302, 403, 404}, name


def test_unknown_address_is_a_kind_page_with_one_heading(db: None) -> None:
    response = get(browser(None), "/no/such/page/")
    assert response.status_code == 404
    assert len(_H1.findall(response.content)) == 1
