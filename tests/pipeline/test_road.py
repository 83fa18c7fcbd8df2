"""A photo's whole road with real processes, on both set-ups, through the bundle that ships."""

from __future__ import annotations

import hashlib
import signal
import time
from typing import Any

import inference
from tests.moods.photos import variant
from tests.pipeline.house import PATIENCE, House


def assert_read_once(rows: list[dict[str, Any]]) -> None:
    """Assert that every row is READ, finished, and keeps no photo."""
    assert [row["status"] for row in rows] == ["read"] * len(rows), rows
    assert all(row["finished_at"] != "None" and row["photo"] == "" for row in rows)


def test_photo_becomes_a_reading_and_a_second_delivery_changes_nothing(empty_house: House) -> None:
    house = empty_house
    house.reader()
    house.upload_portrait()
    [row] = house.settle()
    assert_read_once([row])
    assert (row["emotion"], row["attempts"]) == ("happy", 1)
    house.ask("wake", times=3)
    house.upload([variant(1)])
    rows = house.settle()
    assert rows[0] == row
    assert_read_once(rows)
    assert rows[1]["attempts"] == 1


def test_sigterm_finishes_work_in_hand_and_the_next_worker_does_the_rest(empty_house: House) -> None:
    house = empty_house
    worker = house.reader()
    house.upload_while_asleep(worker, 16)
    house.wait(lambda found: found.get("running", 0) > 0, pause=0.01)
    assert house.end(worker) == 0
    found = house.ask("statuses")
    assert set(found) == {"read", "queued"}, found
    house.reader()
    rows = house.settle()
    assert_read_once(rows)
    assert [row["attempts"] for row in rows] == [1] * 16


def test_kill_in_the_middle_of_a_reading_ends_every_row_exactly_once(empty_house: House) -> None:
    house = empty_house
    worker = house.reader()
    house.upload_while_asleep(worker, 16)
    house.wait(lambda found: found.get("running", 0) > 0, pause=0.01)
    assert house.end(worker, signal.SIGKILL) == -signal.SIGKILL
    before = {row["pk"]: row for row in house.rows()}
    assert "running" in {row["status"] for row in before.values()}
    house.ask("expire")
    house.ask("purge")  # the worker may have died between a reading's commit and its photo's end
    worker = house.reader()
    rows = house.settle()
    assert_read_once(rows)
    for row in rows:
        if before[row["pk"]]["status"] == "read":
            assert row["finished_at"] == before[row["pk"]]["finished_at"]
        assert row["attempts"] == (2 if before[row["pk"]]["status"] == "running" else 1)
    house.end(worker)


def test_photo_that_kills_workers_fails_alone(empty_house: House) -> None:
    house = empty_house
    photos = [variant(number) for number in range(4)]
    house.upload(photos)
    poison = hashlib.sha256(inference.prepare_photo(photos[3]).data).hexdigest()
    deaths = 0
    end = time.monotonic() + PATIENCE
    worker = house.worker("inference", "tests.pipeline.poisoned", MAEUM_POISON=poison)
    while {"queued", "running"} & set(house.ask("statuses")):
        assert time.monotonic() < end, house.log("inference")
        if worker.poll() is not None:
            assert house.end(worker, signal.SIGKILL) == -signal.SIGKILL, house.log("inference")
            deaths += 1
            house.ask("expire")
            worker = house.worker("inference", "tests.pipeline.poisoned", MAEUM_POISON=poison)
        house.ask("sweep")
        time.sleep(0.3)
    rows = house.rows()
    assert [row["status"] for row in rows] == ["read", "read", "read", "failed"], rows
    assert [row["attempts"] for row in rows] == [2] * 4
    assert (rows[3]["reason"], deaths) == ("worker_lost", 2)
    assert rows[3]["photo"], "the member may want to try again"
    house.end(worker)
