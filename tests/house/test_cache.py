"""While Redis is down the cache's promises are kept by the database: log-in limits still count."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.cache import PatientRedisCache
from tests import services
from tests.people import PASSWORD


def nowhere() -> str:
    """Return the address of a Redis that does not answer."""
    return f"redis://127.0.0.1:{services.free_port()}/0"


@pytest.mark.django_db
def test_every_promise_of_the_cache_is_kept_without_redis() -> None:
    cache = PatientRedisCache(nowhere(), {"OPTIONS": {"socket_connect_timeout": 1}})
    assert cache.get("a", "none") == "none"
    assert cache.add("a", 1, timeout=60)
    assert not cache.add("a", 2)
    assert (cache.incr("a", 4), cache.get("a"), cache.has_key("a")) == (5, 5, True)
    assert cache.set_many({"b": 2, "c": 3}) == []
    assert cache.get_many(["a", "b", "x"]) == {"a": 5, "b": 2}
    assert cache.touch("a", timeout=60)
    assert cache.delete("a")
    cache.delete_many(["b", "c"])
    assert cache.get_many(["a", "b", "c"]) == {}


def test_guessing_passwords_is_slowed_down_without_redis(member: User, settings: LazySettings) -> None:
    settings.CACHES = {"default": {"BACKEND": "config.cache.PatientRedisCache", "LOCATION": nowhere()}}
    client = Client(REMOTE_ADDR="203.0.113.11")
    for password in (*["wrong"] * 5, PASSWORD):
        response = client.post(reverse("account_login"), {"login": member.email, "password": password})
    assert "잠시 쉬어 갈게요" in response.content.decode()
    assert "_auth_user_id" not in client.session
