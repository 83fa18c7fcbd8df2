"""A message is a wake-up: losing it, doubling it or having nobody to send it to changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest
from celery.signals import worker_shutting_down
from django.db import transaction
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

import inference
from accounts.models import User
from inference import Reading
from moods import tasks
from moods.choices import Status
from moods.models import PhotoReading
from tests.moods.photos import check_in, row_of, variant, vote


@pytest.fixture(autouse=True)
def not_stopping() -> Iterator[None]:
    """Undo what a shutdown signal leaves behind."""
    yield
    tasks._stopping.clear()


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the ensemble at its one door; return the sizes of the batches it was given."""
    batches: list[int] = []

    def read(photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
        batches.append(len(photos))
        return [vote()] * len(photos)

    monkeypatch.setattr(inference, "read_photos", read)
    return batches


def test_task_reads_until_nothing_waits_and_a_second_delivery_does_nothing(
    member: User, ensemble: list[int]
) -> None:
    entries = [check_in(member, variant(n)) for n in range(10)]
    tasks.read_photos()
    assert ensemble == [8, 2]
    assert {row_of(entry).status for entry in entries} == {Status.READ}
    tasks.read_photos()
    assert ensemble == [8, 2]


def test_stop_signal_ends_the_work_between_batches(
    member: User, ensemble: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        check_in(member, variant(number))
    read = inference.read_photos

    def last_batch(photos: Sequence[bytes], *, version: str | None = None) -> list[Reading]:
        worker_shutting_down.send(sender="worker", sig="SIGTERM", how="Warm", exitcode=0)
        return read(photos)

    monkeypatch.setattr(inference, "read_photos", last_batch)
    tasks.read_photos()
    assert ensemble == [8]
    statuses = PhotoReading.objects.values_list("status", flat=True)
    assert sorted(statuses) == ["queued"] * 2 + ["read"] * 8


def test_worker_calls_itself_after_its_share(
    member: User, ensemble: list[int], monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    monkeypatch.setattr(tasks, "BATCHES", 1)
    for number in range(9):
        check_in(member, variant(number))
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.read_photos()
    assert ensemble == [8]
    assert callbacks.count(tasks._publish) == 1


def test_sweep_wakes_a_worker_only_when_rows_wait(
    member: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep()
    assert callbacks == []
    check_in(member, variant(1))
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep()
    assert len(callbacks) == 1


@pytest.mark.django_db(transaction=True)
def test_waking_waits_for_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bool] = []
    monkeypatch.setattr(tasks.read_photos, "apply_async", lambda **_options: sent.append(True))
    with transaction.atomic():
        tasks.wake()
        assert sent == []
    assert sent == [True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("down"), ConnectionRefusedError(111), TimeoutError()])
def test_broker_that_is_down_is_a_warning_and_no_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_options: object) -> None:
        raise error

    monkeypatch.setattr(tasks.read_photos, "apply_async", fail)
    with caplog.at_level(logging.WARNING):
        tasks.wake()
    assert "the sweep will find the row" in caplog.text


@pytest.mark.parametrize(
    ("queues", "pool", "loads"),
    [
        ({"inference"}, "celery.concurrency.solo", True),
        ({"inference"}, "celery.concurrency.prefork", False),
        ({"default"}, "celery.concurrency.solo", False),
    ],
)
@pytest.mark.django_db
def test_only_an_inference_worker_that_never_forks_loads_the_ensemble(
    queues: set[str], pool: str, loads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bool] = []
    monkeypatch.setattr(inference, "warm_up", lambda: loaded.append(True))
    monkeypatch.setattr(tasks, "wake", lambda: None)
    task_pool = type("TaskPool", (), {"__module__": pool})()
    consumed = SimpleNamespace(consume_from=dict.fromkeys(queues))
    consumer = SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=consumed)), pool=task_pool)
    tasks._get_ready(sender=consumer)
    assert bool(loaded) is loads
