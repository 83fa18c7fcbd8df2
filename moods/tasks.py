"""Thin tasks. A message carries nothing: it wakes a worker, which asks the rows what to do."""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

import inference
from moods import services
from moods.panel import services as panel_services
from moods.panel import tasks as panel_tasks
from moods.portable import services as portable_services
from moods.services import bundles

logger = logging.getLogger(__name__)

QUEUE: Final = "inference"
#: Batches one message may be worth; then the worker calls itself, so that others get their turn.
BATCHES: Final = 50
#: Pools in which the task runs in this very process: only there may TensorFlow be loaded early.
_IN_PROCESS: Final = frozenset({"celery.concurrency.solo", "celery.concurrency.thread"})
_stopping = threading.Event()


def wake() -> None:
    """Ask a worker to look at the queue, once the rows are committed.

    The doors (views, API, commands) call this after a service has queued a reading. A broker that
    is down costs at most its connection time-out and a warning: the sweep finds the row.
    """
    transaction.on_commit(_publish, robust=True)


def _publish() -> None:
    try:
        read_photos.apply_async(expires=600)
    except (KombuError, BrokerDown, RedisError, OSError) as error:
        logger.warning("No worker could be woken (%s); the sweep will find the row.", error)


@shared_task(ignore_result=True)
def read_photos() -> None:
    """Read what waits, batch by batch, until nothing does or the worker is asked to stop.

    Kept photos that are to be read again have their turn only while no new photo waits.
    """
    for _ in range(BATCHES):
        if _stopping.is_set():
            return
        limit, lease = settings.MAEUM_READING_BATCH, settings.MAEUM_LEASE_SECONDS
        done = services.readings_run(limit=limit, lease_seconds=lease)
        if not done and not services.rereads_run(limit=limit, lease_seconds=lease):
            return
    wake()


@shared_task(ignore_result=True)
def sweep() -> None:
    """Take back leases that ran out, and wake a worker if rows wait."""
    waiting = services.sweep().waiting
    if services.rereads_sweep() or waiting:
        wake()
    panel_tasks.sweep()


@shared_task(ignore_result=True)
def purge() -> None:
    """Destroy photos that are due."""
    services.purge()
    panel_services.purge()
    portable_services.purge()


@worker_shutting_down.connect
def _stop_between_batches(**_signal: Any) -> None:
    """Let the work in hand finish and claim nothing more (SIGTERM)."""
    _stopping.set()


@worker_ready.connect
def _get_ready(sender: Any, **_signal: Any) -> None:
    """Load the ensemble before the first photo comes, and look for rows left by a dead worker."""
    if QUEUE not in sender.app.amqp.queues.consume_from:
        return
    if type(sender.pool).__module__ in _IN_PROCESS:
        try:
            bundles.warm_up()
        except inference.InferenceError as error:
            logger.exception("The ensemble cannot be loaded (%s).", error.code)
    wake()
