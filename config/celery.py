"""The Celery app. Rows are the truth; a message only wakes a worker up."""

from __future__ import annotations

import os

from celery import Celery

from config import broker, heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("maeum")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
broker.install()
heartbeat.install(app)
