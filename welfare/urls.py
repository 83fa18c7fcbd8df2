"""The officer's pages, under /welfare/."""

from __future__ import annotations

from django.urls import path

from welfare import views

app_name = "welfare"
urlpatterns = [
    path("", views.clients, name="clients"),
    path("<uuid:client>/", views.client, name="client"),
]
