"""The officer's pages: policy, a line in the ledger, then the page."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.choices import Role
from accounts.http import PersonRequest, person_required, role_required
from accounts.selectors import organisations_of
from welfare import selectors, services
from welfare.choices import Sort
from welfare.forms import ReasonForm


@never_cache
@require_safe
@role_required(Role.OFFICER, Role.SUPERVISOR)
def clients(request: PersonRequest) -> HttpResponse:
    """List the officer's consenting clients; every client on the page finds it in their access log."""
    found = selectors.client_list(
        request.user,
        sort=request.GET.get("sort", ""),
        query=request.GET.get("q", "")[:60],
        page=request.GET.get("page"),
    )
    services.list_seen(officer=request.user, clients=found.page.object_list)
    context = {"found": found, "sorts": Sort.choices, "organisations": list(organisations_of(request.user))}
    return render(request, "welfare/clients.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_required
def client(request: PersonRequest, client: uuid.UUID) -> HttpResponse:
    """Ask why, write it down, then show one client's trend.

    Without an active grant this address does not exist, whoever asks: a 403 would confirm that the
    person is somebody's client.
    """
    found = selectors.client_for(request.user, client)
    if found is None:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.client_opened(officer=request.user, client=found, **form.cleaned_data)
        return redirect("welfare:client", client=client)
    entry = selectors.reason_given(request.user, found)
    context = {
        "client": found,
        "organisations": list(organisations_of(request.user)),
        "entry": entry,
        "form": form,
        "trend": selectors.trend_of(found) if entry else None,
        "minutes": selectors.REASON_HOLDS.seconds // 60,
    }
    status = 422 if form.errors else 200
    return render(request, "welfare/client.html", context, status=status)
