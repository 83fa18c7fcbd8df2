"""The right person is looked at today, and nobody is looked at without consent."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WelfareConfig(AppConfig):
    """Welfare officers' work."""

    name = "welfare"
    verbose_name = _("돌봄")

    def ready(self) -> None:
        from accounts import audit
        from welfare.choices import Action

        for action in Action:
            audit.register(action.value, action.label)
