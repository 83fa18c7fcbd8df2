"""The environment is read once, typed, and a bad value is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import env


def test_a_switch_is_refused_when_it_is_neither_on_nor_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAEUM_DEBUG", "maybe")
    with pytest.raises(env.EnvError, match="MAEUM_DEBUG must be 1 or 0"):
        env.env_bool("MAEUM_DEBUG", False)


@pytest.mark.parametrize("value", ["ten", "-3"])
def test_a_number_out_of_shape_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MAEUM_READING_BATCH", value)
    with pytest.raises(env.EnvError, match="MAEUM_READING_BATCH"):
        env.env_int("MAEUM_READING_BATCH", 8, least=1)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("MAEUM_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert env.env_secret("MAEUM_SECRET_KEY", tmp_path / "unused") == "from a file"


def test_a_made_secret_is_kept_and_only_its_owner_reads_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MAEUM_SECRET_KEY", raising=False)
    keep = tmp_path / "secret"
    first = env.env_secret("MAEUM_SECRET_KEY", keep)
    assert env.env_secret("MAEUM_SECRET_KEY", keep) == first
    assert len(first) >= 48
    assert keep.stat().st_mode & 0o077 == 0


def test_postgres_address_becomes_a_database() -> None:
    database = env.database("postgres://me:p%40ss@db:6432/maeum?sslmode=require")
    assert database["NAME"] == "maeum"
    assert database["PASSWORD"] == "p@ss"
    assert database["OPTIONS"] == {"sslmode": "require"}


def test_a_socket_folder_may_stand_in_for_the_host() -> None:
    assert env.database("postgres://me@/maeum?host=/tmp/pg")["HOST"] == "/tmp/pg"


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(env.EnvError, match="DATABASE_URL"):
        env.database("mysql://x/y")
