"""Forms of a study and of those who take part."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from moods.panel.choices import LINK_DAYS, MOST_LINKS, MOST_PER_HALF, PER_HALF


class StudyForm(forms.Form):
    """A new study: what it is called, how many faces each half has."""

    title = forms.CharField(
        label=_("연구 이름"),
        max_length=80,
        error_messages={"required": _("연구 이름을 적어 주세요.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    per_half = forms.IntegerField(
        label=_("절반마다 얼굴 수"),
        min_value=1,
        max_value=MOST_PER_HALF,
        initial=PER_HALF,
        error_messages={
            "required": _("1에서 200 사이의 수를 적어 주세요."),
            "invalid": _("1에서 200 사이의 수를 적어 주세요."),
            "min_value": _("1에서 200 사이의 수를 적어 주세요."),
            "max_value": _("1에서 200 사이의 수를 적어 주세요."),
        },
    )
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)


class LinksForm(forms.Form):
    """How many guests to invite, for whom, for how long."""

    count = forms.IntegerField(label=_("몇 개"), min_value=1, max_value=MOST_LINKS, initial=1)
    days = forms.IntegerField(label=_("며칠 동안"), min_value=1, max_value=90, initial=LINK_DAYS)
    note = forms.CharField(label=_("누구에게 (선택)"), max_length=40, required=False)


class JoinForm(forms.Form):
    """What a participant agrees to; nothing is ticked beforehand, a name is welcome, not needed."""

    name = forms.CharField(label=_("이름이나 머리글자 (선택)"), max_length=40, required=False)
    agreed = forms.BooleanField(
        label=_("읽었고, 제 답을 저장하는 데 동의해요"),
        required=True,
        error_messages={"required": _("답을 저장해도 된다고 표시해 주셔야 시작할 수 있어요.")},
    )
