"""Addresses of patterns."""

from __future__ import annotations

from django.urls import path

from moods.patterns import views

urlpatterns = [
    path("patterns/", views.patterns, name="patterns"),
    path("patterns/days/", views.days, name="patterns_days"),
]
