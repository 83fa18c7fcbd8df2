"""Print the demo log-ins with their second factor's current code."""

from __future__ import annotations

import json
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import demo
from accounts.models import User

_PERIOD = 30


class Command(BaseCommand):
    """Print address, password, role, TOTP secret and current code of every demo log-in."""

    help = "Print the demo log-ins (only with MAEUM_DEMO=1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object a line.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MAEUM_DEMO:
            raise CommandError("Demo log-ins exist only with MAEUM_DEMO=1.")
        present = set(User.objects.values_list("email", flat=True))
        for login in demo.FIXED:
            if login.email in present:
                row = _row(login)
                self.stdout.write(json.dumps(row, ensure_ascii=False) if options["json"] else _line(row))


def _row(login: demo.DemoLogin) -> dict[str, str | None]:
    secret = demo.totp_secret_for(login.email) if login.needs_totp else None
    code = format_hotp_value(hotp_value(secret, int(time.time()) // _PERIOD)) if secret else None
    return {
        "email": login.email,
        "password": demo.PASSWORD,
        "role": login.role.value,
        "totp_secret": secret,
        "totp_code": code,
    }


def _line(row: dict[str, str | None]) -> str:
    factor = f"  TOTP {row['totp_secret']}  now {row['totp_code']}" if row["totp_secret"] else ""
    return f"{row['role'] or '':<11}{row['email'] or '':<26}{row['password']}{factor}"
