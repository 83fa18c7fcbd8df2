"""What a browser's player sends."""

from __future__ import annotations

from django import forms

from music.choices import EventKind
from music.models import TrackSource


class EventForm(forms.Form):
    """One report; ``key`` is made in the browser, so a repeated one is recognised."""

    key = forms.UUIDField()
    source = forms.ModelChoiceField(TrackSource.objects.all())
    kind = forms.ChoiceField(choices=EventKind)
    error_code = forms.IntegerField(required=False, min_value=0, max_value=999)
    at_second = forms.FloatField(required=False, min_value=0, max_value=86_400)

    def clean(self) -> dict[str, object]:
        """Drop an error number that came with anything but an error."""
        data = self.cleaned_data
        if data.get("kind") != EventKind.ERROR:
            data["error_code"] = None
        return data
