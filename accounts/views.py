"""The person's own pages: settings, consent, who looked, everything out, everything gone."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import audit, exports, policies, selectors, services
from accounts.choices import Role
from accounts.forms import ConsentForm, ProfileForm
from accounts.http import PersonRequest, person_required, role_required
from accounts.models import User
from accounts.notices import NOTICES, notice_for

_YEAR = 365 * 24 * 3600


@person_required
def me(request: PersonRequest) -> HttpResponse:
    """Show and change what a person set about themselves."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(request.user.language):
            messages.success(request, _("바꾼 것을 저장했어요."))
        return redirect("accounts:me")
    # An invalid form has already written its values onto request.user; the page shows stored ones.
    stored = User.objects.get(pk=request.user.pk) if form.errors else request.user
    return render(request, "accounts/me.html", {"form": form, "person": stored})


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Switch language or large type, for somebody logged in or (by cookie) for anybody."""
    response = HttpResponseRedirect(_safe_next(request))
    changed = []
    language, large = request.POST.get("language"), request.POST.get("large")
    if language in dict(settings.LANGUAGES):
        _remember(response, settings.LANGUAGE_COOKIE_NAME, str(language))
        changed.append("language")
    if large in {"0", "1"}:
        _remember(response, "large", str(large))
        changed.append("large_type")
    user = request.user
    if isinstance(user, User) and changed:
        user.language = language if "language" in changed and language else user.language
        user.large_type = large == "1" if "large_type" in changed else user.large_type
        user.save(update_fields=changed)
    return response


def _safe_next(request: HttpRequest) -> str:
    """Return where to go back to; never another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


@never_cache
@role_required(Role.MEMBER)
def consent(request: PersonRequest) -> HttpResponse:
    """Ask purpose by purpose; show what is allowed since when, and take it back."""
    user, first = request.user, request.user.consent_answered_at is None
    if request.method == "POST" and "decline" in request.POST:
        services.consent_answered(user=user)
        messages.success(request, _("모두 꺼 두었어요. 일기는 그대로 쓰실 수 있어요."))
        return redirect("home")
    form = ConsentForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        given = form.save()
        messages.success(request, _given_words(given))
        return redirect("home" if first else "accounts:consent")
    context = {
        "form": form,
        "first": first,
        "share_until": timezone.localdate(form.share_until()),
        "active": [(row, NOTICES.get(row.purpose)) for row in selectors.grants_of(user)],
        "history": selectors.grant_history(user)[:50],
    }
    return render(request, "accounts/consent.html", context, status=422 if form.errors else 200)


def _given_words(given: int) -> str:
    return _("고르신 대로 해 두었어요.") if given else _("켜신 것이 없어서 모두 꺼 두었어요.")


@never_cache
@role_required(Role.MEMBER)
def withdraw(request: PersonRequest, grant: uuid.UUID) -> HttpResponse:
    """Show what ends when this grant is withdrawn (GET), then withdraw it (POST)."""
    if request.method == "POST":
        if services.grant_withdraw(user=request.user, grant=grant) is None:
            raise Http404
        messages.success(request, _("허락을 거두었어요. 지금부터 바로 지켜져요."))
        return redirect("accounts:consent")
    row = selectors.grants_of(request.user).filter(grant=grant).first()
    if row is None:
        raise Http404
    notice = notice_for(row.purpose) if row.purpose in NOTICES else None
    return render(request, "accounts/withdraw.html", {"grant": row, "notice": notice})


@require_safe
@role_required(Role.MEMBER)
def receipts(request: PersonRequest) -> JsonResponse:
    """Hand out every consent decision as receipts."""
    rows = [exports.receipt(row) for row in selectors.grant_history(request.user)]
    return _download({"receipts": rows}, "maeum-receipts.json")


@require_GET
@person_required
def access_log(request: PersonRequest) -> HttpResponse:
    """Show who looked at me: when, what, why."""
    page = Paginator(selectors.access_entries_of(request.user), 50).get_page(request.GET.get("page"))
    looks = [
        {"row": row, "what": audit.label_of(row.action), "why": audit.reason_for(row, request.user)}
        for row in page.object_list
    ]
    return render(request, "accounts/access_log.html", {"page": page, "looks": looks})


@never_cache
@require_safe
@person_required
@reauthentication_required  # type: ignore[untyped-decorator]
def export(request: PersonRequest) -> JsonResponse:
    """Hand out everything the product knows of the person, as one JSON file."""
    return _download(exports.export_all(request.user), "maeum-my-data.json")


def _download(data: dict[str, Any], name: str) -> JsonResponse:
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@person_required
@reauthentication_required  # type: ignore[untyped-decorator]
def erase(request: PersonRequest) -> HttpResponse:
    """Say what erasing destroys (GET), then destroy it all (POST with the tick)."""
    staff = policies.is_staff_role(request.user)
    sure = request.POST.get("sure") == "yes"
    if request.method == "POST" and sure and not staff:
        user = User.objects.get(pk=request.user.pk)
        logout(request)
        exports.erase_all(user)
        messages.success(request, _("모두 지웠어요. 그동안 함께해 주셔서 고마워요."))
        return redirect("home")
    unsure = request.method == "POST" and not sure
    return render(request, "accounts/erase.html", {"staff": staff, "unsure": unsure})
