"""Addresses of taking along and bringing in; they join the namespace of moods."""

from __future__ import annotations

from django.urls import path

from moods.portable import import_views, views

urlpatterns = [
    path("mine/", views.home, name="portable_home"),
    path("mine/export/<slug:kind>/", views.export, name="portable_export"),
    path("mine/report/", views.report, name="portable_report"),
    path("mine/import/", import_views.upload, name="portable_import"),
    path("mine/import/<uuid:uuid>/", import_views.preview, name="portable_preview"),
    path("mine/import/<uuid:uuid>/rows/", import_views.rows, name="portable_rows"),
    path("mine/import/<uuid:uuid>/forget/", import_views.forget, name="portable_forget"),
    path("mine/import/<uuid:uuid>/undo/", import_views.undo, name="portable_undo"),
]
