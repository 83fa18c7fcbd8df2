"""Forms of the check-in, of the words of an entry and of a correction."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from moods.choices import FEELING_SAID, Feeling, Mood
from moods.services.entries import NOTE_LENGTH
from moods.words import SUGGESTED_TAGS, tag_word

#: The order of the faces on the page: lightest colour to darkest, as in the design.
FEELING_ORDER: Final = (
    Feeling.HAPPY,
    Feeling.NEUTRAL,
    Feeling.STARTLED,
    Feeling.SAD,
    Feeling.ANXIOUS,
    Feeling.ANGRY,
)


def feelings() -> list[tuple[str, Any]]:
    """Return (feeling, how a person says it) in the order of the page."""
    return [(feeling.value, FEELING_SAID[feeling]) for feeling in FEELING_ORDER]


def steps() -> list[tuple[str, Any]]:
    """Return (step, its word) from the hardest to the best."""
    return [(str(mood.value), mood.label) for mood in Mood]


def _mood(value: str) -> int | None:
    return int(value) if value else None


class WordsForm(forms.Form):
    """What a person says of a moment: step, feeling, note, tags; every field may stay empty."""

    mood = forms.TypedChoiceField(
        label=_("기분이 얼마나 좋은가요?"),
        required=False,
        choices=Mood.choices,
        coerce=_mood,
        empty_value=None,
    )
    feeling = forms.ChoiceField(label=_("어떤 느낌인가요?"), required=False, choices=Feeling.choices)
    note = forms.CharField(
        label=_("한 줄"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea,
        strip=True,
        error_messages={"max_length": _("한 줄은 4,000자까지 쓸 수 있어요.")},
    )
    tags = forms.MultipleChoiceField(label=_("꼬리표"), required=False)
    own_tags = forms.CharField(label=_("직접 쓰는 꼬리표"), required=False, max_length=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here and not on the class, so that the words are of the language of this request.
        cast(forms.MultipleChoiceField, self.fields["tags"]).choices = [
            (tag, tag_word(tag)) for tag in SUGGESTED_TAGS
        ]

    def all_tags(self) -> list[str]:
        """Return the ticked tags and the person's own, which commas separate."""
        own = self.cleaned_data["own_tags"].replace("#", ",").split(",")
        return [*self.cleaned_data["tags"], *(tag.strip() for tag in own if tag.strip())]

    def words(self) -> dict[str, Any]:
        """Return what ``check_in_create`` and ``check_in_update`` take."""
        said = self.cleaned_data
        return {
            "mood": said["mood"],
            "feeling": said["feeling"],
            "note": said["note"],
            "tags": self.all_tags(),
        }


class CheckInForm(WordsForm):
    """A new entry: the words, the moment, a photo, and the mark of this one form."""

    photo = forms.FileField(label=_("사진"), required=False, allow_empty_file=True)
    date = forms.DateField(
        label=_("날짜"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("날짜를 알아볼 수 없어요. 2026-11-21처럼 적어 주세요.")},
    )
    time = forms.TimeField(
        label=_("시각"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": _("시각을 알아볼 수 없어요. 08:30처럼 적어 주세요.")},
    )
    #: The moment the form was opened with: unchanged, the entry is of "now", to the second.
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def moment(self) -> datetime | None:
        """Return the moment, naive in the member's zone; None is now."""
        day, hour = self.cleaned_data["date"], self.cleaned_data["time"]
        if f"{self.data.get('date', '')} {self.data.get('time', '')}" == self.cleaned_data["opened"]:
            return None
        now = timezone.localtime(timezone=self.member.zone).replace(tzinfo=None)
        if day is None and hour is None:
            return None
        return datetime.combine(day or now.date(), hour or now.time())


def opening(member: User, day: str = "") -> dict[str, Any]:
    """Return what a fresh check-in form holds: now, or noon of the day it was opened for."""
    now = timezone.localtime(timezone=member.zone)
    date, time = f"{now:%Y-%m-%d}", f"{now:%H:%M}"
    if day and day != date:
        date, time = day, "12:00"
        opened = ""
    else:
        opened = f"{date} {time}"
    return {"date": date, "time": time, "opened": opened, "submission": uuid4()}


class CorrectionForm(forms.Form):
    """What a person says instead of a reading."""

    feeling = forms.ChoiceField(required=False, choices=Feeling.choices)
    mood = forms.TypedChoiceField(required=False, choices=Mood.choices, coerce=_mood, empty_value=None)
