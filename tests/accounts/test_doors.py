"""Doors by role: typed views, the admin site, the registry of rooms."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import exports, services
from accounts.choices import Role
from accounts.http import PersonRequest, member_required, role_required
from accounts.models import Grant, User
from tests.conftest import logged_in
from tests.people import make_staff


@role_required(Role.OFFICER)
def officers_only(request: PersonRequest) -> HttpResponse:
    return HttpResponse(request.user.name)


@member_required
def members_only(request: PersonRequest) -> HttpResponse:
    return HttpResponse(request.user.name)


def test_role_door_opens_for_the_role_only(rf: RequestFactory, officer: User, outsider: User) -> None:
    request = rf.get("/x/")
    request.user = AnonymousUser()
    assert officers_only(request)["Location"] == f"{reverse('account_login')}?next=/x/"
    request.user = outsider
    with pytest.raises(PermissionDenied):
        officers_only(request)
    request.user = officer
    assert officers_only(request).status_code == 200


def test_fresh_member_meets_the_consent_page_first_but_loses_no_form(rf: RequestFactory, db: None) -> None:
    fresh = services.user_create(email="new@example.org", password=None)
    request = rf.get("/x/")
    request.user = fresh
    assert members_only(request)["Location"] == reverse("accounts:consent")
    request = rf.post("/x/")
    request.user = fresh
    assert members_only(request).status_code == 200
    services.consent_answered(user=fresh)
    request = rf.get("/x/")
    request.user = fresh
    assert members_only(request).status_code == 200


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.CURATOR, 403), (Role.OFFICER, 302)])
def test_people_in_the_admin_site_are_for_administrators(db: None, role: Role, status: int) -> None:
    client = logged_in(make_staff(None, "staff@example.org", role))
    for model in ("user", "organisation", "grant", "accessentry"):
        assert client.get(reverse(f"admin:accounts_{model}_changelist")).status_code == status


def test_whoever_has_no_business_in_the_admin_site_is_told_so(as_member: Client, as_officer: Client) -> None:
    for client in (as_member, as_officer):
        response = client.get("/admin/", follow=True)  # going in circles raises RedirectCycleError
        assert response.status_code == 403
    stranger = Client().get("/admin/", follow=True)
    assert stranger.redirect_chain[-1] == (f"{reverse('account_login')}?next=%2Fadmin%2F", 302)


def test_administrator_reads_grants_and_changes_none(member: User) -> None:
    client: Client = logged_in(make_staff(None, "admin@example.org", Role.ADMIN))
    grant = Grant.objects.first()
    assert grant is not None
    assert client.get(reverse("admin:accounts_grant_change", args=[grant.pk])).status_code == 200
    for name in ("change", "delete"):
        address = reverse(f"admin:accounts_grant_{name}", args=[grant.pk])
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:accounts_grant_add")).status_code == 403


def test_admin_site_opens_and_closes_with_the_role(outsider: User) -> None:
    services.role_add(user=outsider, role=Role.CURATOR)
    assert outsider.is_staff
    services.role_remove(user=outsider, role=Role.CURATOR)
    assert not outsider.is_staff


def test_administrator_gives_a_role_in_the_admin_site(outsider: User) -> None:
    client = logged_in(make_staff(None, "admin@example.org", Role.ADMIN))
    held = outsider.role_assignments.get()
    client.post(
        reverse("admin:accounts_user_change", args=[outsider.pk]),
        {
            "email": outsider.email,
            "display_name": "찰리",
            "language": "ko",
            "time_zone": "Asia/Seoul",
            "is_active": "on",
            "role_assignments-TOTAL_FORMS": "2",
            "role_assignments-INITIAL_FORMS": "1",
            "role_assignments-0-id": str(held.pk),
            "role_assignments-0-user": str(outsider.pk),
            "role_assignments-0-role": "member",
            "role_assignments-1-user": str(outsider.pk),
            "role_assignments-1-role": "curator",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )
    fresh = User.objects.get(pk=outsider.pk)
    assert fresh.roles == {Role.MEMBER, Role.CURATOR}
    assert fresh.is_staff


def test_registered_rooms_export_and_erase(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_ROOMS", {})
    erased: list[str] = []
    exports.register("attic", lambda user: {"boxes": 2}, lambda user: erased.append(user.email))
    assert exports.export_all(member) == {"attic": {"boxes": 2}}
    exports.erase_all(member)
    assert erased == ["sunja@example.org"]
