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
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: Django's file backend closes every message with a line of dashes.
_RULE: Final = b"\n" + b"-" * 79 + b"\n"
#: The newest files read; a demo that ran for months has thousands.
_FILES: Final = 200
_SHOWN: Final = 50


@dataclass(frozen=True)
class Mail:
    """One mail; ``name`` is its file and its place in it, as used in the address."""

    name: str
    to: str
    subject: str
    at: datetime | None
    text: str


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    return render(request, "demo/mailbox.html", {"mails": _mails()[:_SHOWN]})


@never_cache
@require_safe
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail; 404 when it is not in the mailbox.

    The name is looked up among the mails found and never becomes part of a path.
    """
    for mail in _mails():
        if mail.name == name:
            return render(request, "demo/message.html", {"mail": mail})
    raise Http404


def _mails() -> list[Mail]:
    """Return the mails of the newest files, the newest first (file names begin with their time)."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), reverse=True)[:_FILES] if folder.is_dir() else []
    mails = [mail for path in files for mail in _mails_in(path)]
    return sorted(mails, key=lambda mail: mail.at.timestamp() if mail.at else 0, reverse=True)


def _mails_in(path: Path) -> Iterator[Mail]:
    # As bytes: a mail may carry Korean unencoded (8bit), which the parser reads right from bytes only.
    for place, part in enumerate(path.read_bytes().split(_RULE)):
        if not part.strip():
            continue
        parsed = email.message_from_bytes(part.lstrip(b"\n"), policy=email.policy.default)
        body = parsed.get_body(preferencelist=("plain",))
        yield Mail(
            name=f"{path.stem}-{place}",
            to=str(parsed["To"] or ""),
            subject=str(parsed["Subject"] or ""),
            at=_time(str(parsed["Date"] or "")),
            text=str(body.get_content()) if body is not None else "",
        )


def _time(value: str) -> datetime | None:
    """Return the time a mail says it was written at, or None if it says nothing readable."""
    try:
        return parsedate_to_datetime(value)
    except ValueError:
        return None
