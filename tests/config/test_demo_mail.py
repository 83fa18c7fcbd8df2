"""The demo's mailbox: real mails of the file backend, newest first, and only in the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail
from django.test import Client
from django.urls import reverse

ROOT = Path(__file__).resolve().parents[2]
MAILBOX = reverse("demo_mailbox")


@pytest.fixture(autouse=True)
def mail_folder(settings: LazySettings, tmp_path: Path) -> Path:
    """Write mails as the demo does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_empty_mailbox_says_how_mail_gets_there(client: Client, db: None) -> None:
    assert "아직 온 편지가 없어요" in client.get(MAILBOX).content.decode()


def test_mail_is_listed_and_its_link_can_be_followed(client: Client, db: None) -> None:
    link = "http://testserver/accounts/confirm-email/abc:def/"
    send_mail("이메일을 확인해 주세요", f"안녕하세요.\n\n{link}\n", None, ["sunja@example.org"])
    listed = client.get(MAILBOX)
    assert "이메일을 확인해 주세요" in listed.content.decode()
    [mail] = listed.context["mails"]
    page = client.get(reverse("demo_message", args=[mail.name])).content.decode()
    assert f'<a href="{link}"' in page
    assert "안녕하세요." in page
    assert "sunja@example.org" in page


def test_newest_mail_comes_first_also_within_one_file(client: Client, db: None) -> None:
    with get_connection() as connection:
        for day in ("20", "22", "21"):
            mail = EmailMultiAlternatives(f"편지 {day}", "글", None, ["a@example.org"], connection=connection)
            mail.extra_headers["Date"] = f"Fri, {day} Nov 2026 09:00:00 +0900"
            mail.attach_alternative("<p>글</p>", "text/html")
            mail.send()
    mails = client.get(MAILBOX).context["mails"]
    assert [mail.subject for mail in mails] == ["편지 22", "편지 21", "편지 20"]
    assert len({mail.name for mail in mails}) == 3


def test_markup_in_a_mail_stays_text(client: Client, db: None) -> None:
    send_mail("<b>굵게</b>", "<script>alert(1)</script>", None, ["a@example.org"])
    [mail] = client.get(MAILBOX).context["mails"]
    page = client.get(reverse("demo_message", args=[mail.name])).content.decode()
    assert "<script>alert" not in page
    assert "<b>굵게" not in page


def test_a_mail_without_headers_does_not_break_the_mailbox(
    client: Client, db: None, mail_folder: Path
) -> None:
    mail_folder.mkdir()
    (mail_folder / "20261121-090000-1.log").write_bytes(b"Date: yesterday\n\nwords\n")
    [mail] = client.get(MAILBOX).context["mails"]
    assert mail.at is None
    assert client.get(reverse("demo_message", args=[mail.name])).status_code == 200


@pytest.mark.parametrize("name", ["none-0", "..", "..%2f..%2fetc%2fpasswd", "%2e%2e"])
def test_unknown_mail_is_not_found(client: Client, db: None, name: str) -> None:
    assert client.get(f"{MAILBOX}{name}/").status_code == 404


def test_without_the_demo_switch_there_is_no_mailbox(tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.urls import NoReverseMatch, reverse\n"
        "reverse('home')\n"
        "try:\n    reverse('demo_mailbox')\nexcept NoReverseMatch:\n    print('none')\n"
    )
    values = {**os.environ, "MAEUM_DEMO": "0", "MAEUM_VAR": str(tmp_path)}
    values["DJANGO_SETTINGS_MODULE"] = "config.settings"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=values, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "none"
