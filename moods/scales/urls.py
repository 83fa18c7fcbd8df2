"""Addresses of the scales and of the crisis card; part of the moods namespace."""

from __future__ import annotations

from django.urls import path, re_path

from moods.scales import views

urlpatterns = [
    path("scales/", views.home, name="scales"),
    path("scales/due/", views.due, name="scales_due"),
    path("scales/rhythm/", views.rhythm, name="scales_rhythm"),
    path("scales/put-off/", views.put_off, name="scales_put_off"),
    path("scales/<slug:scale>/start/", views.start, name="scales_start"),
    path("scales/<uuid:uuid>/", views.result, name="scales_result"),
    path("scales/<uuid:uuid>/<int:number>/", views.question, name="scales_question"),
    path("scales/<uuid:uuid>/care/", views.care, name="scales_care"),
    path("scales/<uuid:uuid>/delete/", views.delete, name="scales_delete"),
    path("crisis/", views.crisis, name="crisis"),
    re_path(r"^crisis/(?P<language>ko|en)/$", views.crisis, name="crisis_in"),
]
