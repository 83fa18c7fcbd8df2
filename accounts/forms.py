"""Forms of sign-up, the own page and consent."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from allauth.account.forms import SignupForm
from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import selectors, services
from accounts.choices import DataClass, PhotoRetention, Purpose
from accounts.models import Organisation, User
from accounts.notices import NOTICES, Notice

# Django's forms take type parameters only in the stubs, not when they run.
if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
else:
    UserForm = forms.ModelForm

#: The zones of the list, most likely first; any other IANA zone a person has stays selectable.
TIME_ZONES: Final = (
    ("Asia/Seoul", _("서울 (한국)")),
    ("Asia/Tokyo", _("도쿄 (일본)")),
    ("Asia/Shanghai", _("상하이 (중국)")),
    ("Asia/Ho_Chi_Minh", _("호찌민 (베트남)")),
    ("Asia/Manila", _("마닐라 (필리핀)")),
    ("Australia/Sydney", _("시드니 (오스트레일리아)")),
    ("Europe/London", _("런던 (영국)")),
    ("Europe/Berlin", _("베를린 (독일)")),
    ("America/New_York", _("뉴욕 (미국)")),
    ("America/Los_Angeles", _("로스앤젤레스 (미국)")),
    ("UTC", _("협정 세계시")),
)
KEEPING: Final = (
    (PhotoRetention.MONTH, PhotoRetention.MONTH.label),
    (PhotoRetention.KEEP, PhotoRetention.KEEP.label),
)


class SignUpForm(SignupForm):  # type: ignore[misc]
    """E-mail address and password; a name is welcome, not required."""

    display_name = forms.CharField(
        label=_("어떻게 불러 드릴까요?"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    #: Filled in by the browser; a zone nobody knows is ignored, not refused.
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["email", "password1", "password2", "display_name", "time_zone"]

    def clean_time_zone(self) -> str:
        """Return a known zone or nothing."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in zoneinfo.available_timezones() else ""


class ProfileForm(UserForm):
    """What a person may change of themselves."""

    class Meta:
        model = User
        fields = ["display_name", "language", "time_zone", "large_type", "shows_streaks", "photo_retention"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones: dict[str, Any] = dict(TIME_ZONES)
        zones.setdefault(self.instance.time_zone, self.instance.time_zone)
        self.fields["time_zone"] = forms.ChoiceField(label=_("시간대"), choices=list(zones.items()))
        # Each language by its own name, so that who cannot read the page finds theirs.
        self.fields["language"] = forms.ChoiceField(
            label=_("언어"), choices=[("ko", "한국어"), ("en", "English")]
        )
        if selectors.has_grant(self.instance, Purpose.PHOTO_KEEP):
            self.fields["photo_retention"] = forms.ChoiceField(
                label=_("사진 보관"), choices=KEEPING, widget=forms.RadioSelect
            )
        else:
            del self.fields["photo_retention"]


class ConsentForm(forms.Form):
    """One switch for each purpose that is still off; nothing is ticked beforehand."""

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        active = {str(grant.purpose) for grant in selectors.grants_of(user)}
        self.organisations = Organisation.objects.order_by("name")
        self.offered = [notice for purpose, notice in NOTICES.items() if self._offers(purpose, active)]
        for notice in self.offered:
            self.fields[notice.purpose] = forms.BooleanField(
                label=notice.purpose.label, required=False, initial=False
            )
        self._add_details()

    def _offers(self, purpose: Purpose, active: set[str]) -> bool:
        """Say whether a purpose can be asked for: still off, and with somebody to receive it."""
        if purpose in active:
            return False
        if purpose == Purpose.PANEL:  # an extra for those who keep photos; nobody is asked at the door
            return Purpose.PHOTO_KEEP in active and self.user.consent_answered_at is not None
        return purpose != Purpose.SHARE or self.organisations.exists()

    def _add_details(self) -> None:
        if Purpose.SHARE in self.fields:
            self.fields["organisation"] = forms.ModelChoiceField(
                label=_("받는 곳"),
                queryset=self.organisations,
                to_field_name="uuid",
                required=False,
                empty_label=_("기관을 골라 주세요"),
            )
        if Purpose.PHOTO_KEEP in self.fields:
            self.fields["retention"] = forms.ChoiceField(
                label=_("기간"), choices=KEEPING, required=False, widget=forms.RadioSelect
            )

    def clean(self) -> dict[str, Any]:
        """Ask for the detail that a ticked purpose needs."""
        data = self.cleaned_data
        if data.get(Purpose.SHARE) and not data.get("organisation") and "organisation" not in self.errors:
            self.add_error("organisation", _("어느 기관에 보이실지 골라 주세요."))
        if data.get(Purpose.PHOTO_KEEP) and not data.get("retention") and "retention" not in self.errors:
            self.add_error("retention", _("얼마 동안 보관할지 골라 주세요."))
        return data

    def rows(self) -> list[tuple[Notice, forms.BoundField]]:
        """Return each notice on offer with its switch."""
        return [(notice, self[notice.purpose]) for notice in self.offered]

    @staticmethod
    def share_until() -> datetime:
        """Return when sharing would end if agreed to now."""
        return timezone.now() + services.SHARE_PERIOD

    @transaction.atomic
    def save(self) -> int:
        """Give every ticked grant; returns how many."""
        ticked = [notice.purpose for notice in self.offered if self.cleaned_data[notice.purpose]]
        for purpose in ticked:
            self._give(purpose)
        services.consent_answered(user=self.user)
        return len(ticked)

    def _give(self, purpose: Purpose) -> None:
        if purpose == Purpose.SHARE:
            services.grant_give(
                user=self.user,
                purpose=purpose,
                organisation=self.cleaned_data["organisation"],
                data_classes=[DataClass.TREND],
                expires_at=self.share_until(),
            )
            return
        services.grant_give(user=self.user, purpose=purpose)
        if purpose == Purpose.PHOTO_KEEP:
            services.photo_retention_set(user=self.user, retention=self.cleaned_data["retention"])
