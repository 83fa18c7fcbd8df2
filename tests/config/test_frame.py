"""What every page carries, and what the start-up checks refuse."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client


def test_no_browser_keeps_a_logged_in_persons_page(as_member: Client) -> None:
    for address in ("/today/", "/diary/", "/me/", "/me/access/"):
        assert "no-store" in as_member.get(address)["Cache-Control"], address


def test_every_page_forbids_foreign_scripts_but_the_player(client: Client, db: None) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval' https://www.youtube.com;" in policy
    assert "frame-ancestors 'none'" in policy


def test_referrer_reaches_the_player_but_never_says_the_page(client: Client, db: None) -> None:
    assert client.get("/")["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_a_demo_that_strangers_can_reach_does_not_start(settings: LazySettings) -> None:
    settings.MAEUM_DEMO = True
    settings.ALLOWED_HOSTS = ["maeum.example.org", "localhost"]
    with pytest.raises(SystemCheckError, match=r"maeum\.example\.org"):
        call_command("check")
    settings.MAEUM_DEMO = False
    call_command("check")


def test_health_says_that_the_database_answers(client: Client, db: None) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "database": "up"}
