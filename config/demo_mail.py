"""A mailbox page for the demo: shows the mails this installation wrote to files, newest first.

Exists only with ``MAEUM_DEMO`` (config.urls), reads only ``EMAIL_FILE_PATH``, and never talks to
another system. On a real installation mails go out by SMTP and nobody reads them here.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: Django's file backend closes every message with a line of dashes.
_RULE: Final = "-" * 79
_SHOWN: Final = 50


@dataclass(frozen=True)
class Mail:
    """One mail; ``name`` is its file and place in it, as used in the address."""

    name: str
    to: str
    subject: str
    at: datetime | None
    text: str


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    return render(request, "demo/mailbox.html", {"mails": _mails()[:_SHOWN]})


@require_safe
@never_cache
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail; 404 when it is not in the mailbox."""
    for mail in _mails():
        if mail.name == name:
            return render(request, "demo/message.html", {"mail": mail})
    raise Http404


def _mails() -> list[Mail]:
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), reverse=True) if folder.is_dir() else []
    mails = [mail for path in files for mail in _mails_in(path)]
    return sorted(mails, key=lambda mail: mail.at.timestamp() if mail.at else 0, reverse=True)


def _mails_in(path: Path) -> Iterator[Mail]:
    parts = path.read_text(encoding="utf-8", errors="replace").split(_RULE)
    for place, part in enumerate(parts):
        if not part.strip():
            continue
        parsed = email.message_from_string(part.lstrip("\n"), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        yield Mail(
            f"{path.stem}-{place}", str(parsed["To"]), str(parsed["Subject"]), _at(parsed), _text(parsed)
        )


def _at(parsed: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(str(parsed["Date"]))
    except (TypeError, ValueError):
        return None


def _text(parsed: EmailMessage) -> str:
    body = parsed.get_body(preferencelist=("plain",))
    return str(body.get_content()) if isinstance(body, EmailMessage) else ""
