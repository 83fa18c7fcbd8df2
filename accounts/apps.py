"""Who someone is, what they agreed to, who looked."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and consent."""

    name = "accounts"
    verbose_name = _("사람과 동의")

    def ready(self) -> None:
        from accounts import exports, seeding, signals  # noqa: F401  importing connects the signals
        from accounts.demo import seed_people

        seeding.register(10, "accounts", seed_people)
        exports.register("account", exports.export_account)
