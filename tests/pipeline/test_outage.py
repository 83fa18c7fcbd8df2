"""Redis stops and comes back, empty: uploads go on, nothing is lost, nobody has to help."""

from __future__ import annotations

from tests.moods.photos import variant
from tests.pipeline.house import House


def test_redis_outage_loses_nothing_and_uploads_are_accepted_meanwhile(server: House) -> None:
    assert server.redis is not None
    workers = [server.worker(), server.worker("default", "config", "-B")]
    server.upload_portrait()
    server.wait(lambda found: found == {"read": 1})
    server.redis.stop()
    took = server.upload(variant(number) for number in range(4))
    assert max(took) < 2, took
    assert server.ask("statuses") == {"read": 1, "queued": 4}
    server.redis.start()
    server.wait(lambda found: found == {"read": 5})
    assert [row["attempts"] for row in server.rows()] == [1] * 5
    for worker in workers:
        server.end(worker)
