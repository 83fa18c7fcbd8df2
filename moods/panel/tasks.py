"""Thin tasks: a message wakes the worker that has the ensemble loaded."""

from __future__ import annotations

import logging
from typing import Final

from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

from moods.panel import services

logger = logging.getLogger(__name__)

QUEUE: Final = "inference"


def wake() -> None:
    """Ask a worker to read faces, once the rows are committed; a broker that is down costs a warning."""
    transaction.on_commit(_publish, robust=True)


def _publish() -> None:
    try:
        read_faces.apply_async(expires=600, queue=QUEUE)
    except (KombuError, BrokerDown, RedisError, OSError) as error:
        logger.warning("No worker could be woken (%s); the sweep will find the faces.", error)


@shared_task(ignore_result=True)
def read_faces() -> None:
    """Read one batch, then call again: the members' own photos get their turn in between."""
    if services.machine_run(limit=settings.MAEUM_READING_BATCH):
        wake()


def sweep() -> None:
    """Wake a worker if faces wait (a lost message, a dead worker)."""
    if services.machine_waiting().exists():
        wake()
