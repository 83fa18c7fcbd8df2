"""Addresses of the diary at a distance; they join the namespace of moods."""

from __future__ import annotations

from django.urls import path

from moods.insight import views

urlpatterns = [
    path("diary/week/", views.week, name="week"),
    path("diary/week/<day:day>/", views.week, name="week"),
    path("diary/year/", views.year, name="year"),
    path("diary/year/<int:year>/", views.year, name="year"),
    path("diary/flow/", views.insight, name="insight"),
    path("diary/flow/streaks/", views.streaks, name="insight_streaks"),
    path("diary/compare/", views.compare, name="compare"),
]
