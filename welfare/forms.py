"""The question asked before somebody's trend is opened."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from welfare.choices import Why


class ReasonForm(forms.Form):
    """Why the officer looks: a choice, and words that "other" cannot do without."""

    why = forms.ChoiceField(
        label=_("까닭"),
        choices=[("", _("까닭을 골라 주세요")), *Why.choices],
        error_messages={
            "required": _("까닭을 골라 주세요. 고르셔야 열 수 있어요."),
            "invalid_choice": _("까닭을 목록에서 다시 골라 주세요."),
        },
    )
    note = forms.CharField(
        label=_("덧붙일 말"),
        required=False,
        max_length=200,
        error_messages={"max_length": _("덧붙일 말은 200자까지 쓸 수 있어요.")},
    )

    def clean(self) -> dict[str, Any]:
        """Ask for words when the reason is none of the list."""
        values = super().clean() or self.cleaned_data
        if values.get("why") == Why.OTHER and not values.get("note"):
            self.add_error(
                "note", forms.ValidationError(_("어떤 까닭인지 한 줄 적어 주세요."), code="note_required")
            )
        return values
