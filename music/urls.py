"""Addresses of music."""

from __future__ import annotations

from django.urls import path

from music import views

app_name = "music"

urlpatterns = [
    path("", views.home, name="home"),
    path("for/<uuid:uuid>/", views.for_entry, name="for_entry"),
    path("events/", views.event, name="event"),
]
