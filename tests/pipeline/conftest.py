"""Two real installations: what the README calls embedded and server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests import services
from tests.pipeline.house import House


@pytest.fixture(scope="module", params=["embedded", "server"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return an installation whose processes end with the module."""
    folder = tmp_path_factory.mktemp(request.param)
    built = House("embedded", folder) if request.param == "embedded" else server_in(folder)
    yield built
    built.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[House]:
    """Return a server set-up of the test's own."""
    built = server_in(tmp_path)
    yield built
    built.close()


def server_in(folder: Path) -> House:
    """Build a set-up on PostgreSQL and a Redis of its own."""
    return House("server", folder, new_database(folder.name), services.redis())


@pytest.fixture
def empty_house(house: House) -> House:
    """Return the installation without any entry."""
    house.ask("forget")
    return house


def new_database(name: str) -> str:
    """Make a database on the run's PostgreSQL and return its URL."""
    name = f"pipeline_{name}".replace("-", "_").lower()
    url = services.postgres()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return urlsplit(url)._replace(path=f"/{name}").geturl()
