"""A Redis cache that falls back to the database while Redis is down, so rate limits still count."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

_DOWN = (RedisConnectionError, RedisTimeoutError, OSError)


class PatientRedisCache(RedisCache):
    """Answer from the database's cache table whenever Redis does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._spare = DatabaseCache("cache", {})

    def add(self, key: Any, value: Any, timeout: Any = ..., version: int | None = None) -> bool:
        return bool(self._either("add", key, value, timeout=timeout, version=version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._either("get", key, default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = ..., version: int | None = None) -> None:
        self._either("set", key, value, timeout=timeout, version=version)

    def touch(self, key: Any, timeout: Any = ..., version: int | None = None) -> bool:
        return bool(self._either("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("delete", key, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("has_key", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._either("incr", key, delta, version=version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._either("get_many", keys, version=version))

    def set_many(self, data: Any, timeout: Any = ..., version: int | None = None) -> list[Any]:
        return list(self._either("set_many", data, timeout=timeout, version=version) or [])

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._either("delete_many", keys, version=version)

    def _either(self, method: str, *args: Any, **options: Any) -> Any:
        if options.get("timeout") is ...:
            del options["timeout"]
        try:
            return getattr(super(), method)(*args, **options)
        except _DOWN:
            return getattr(self._spare, method)(*args, **options)
