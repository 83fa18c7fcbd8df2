"""The person's own pages, under /me/."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.me, name="me"),
    path("display/", views.display, name="display"),
    path("consent/", views.consent, name="consent"),
    path("consent/<uuid:grant>/withdraw/", views.withdraw, name="withdraw"),
    path("consent/receipts/", views.receipts, name="receipts"),
    path("access/", views.access_log, name="access_log"),
    path("export/", views.export, name="export"),
    path("erase/", views.erase, name="erase"),
]
