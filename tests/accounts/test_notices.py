"""A notice that changes needs a new version, or old receipts would name a text nobody can find."""

from __future__ import annotations

import hashlib

from django.utils import translation

from accounts import notices
from accounts.choices import Purpose

PINNED = {
    "2026-11-1": "f9f5ad14547e21f726838f90f20d1ac30a7903b4b52c67b6e2dc0010b3a7ba8e",
    "2026-11-2": "3c0177d9c9abe93bcf7c0c368ad643cc75e57275d9e82abdf423a2b3bdbff26b",
}


def test_changed_notice_text_needs_a_new_version() -> None:
    prints = [notices.fingerprint(purpose, "ko") for purpose in notices.NOTICES]
    assert hashlib.sha256("".join(prints).encode()).hexdigest() == PINNED[notices.VERSION]


def test_research_is_not_asked_for_while_nothing_uses_it() -> None:
    assert Purpose.RESEARCH not in notices.NOTICES


def test_notice_says_what_withdrawing_does() -> None:
    with translation.override("ko"):
        for notice in notices.NOTICES.values():
            assert str(notice.withdrawal) in notice.text()
