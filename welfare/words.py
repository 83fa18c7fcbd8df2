"""Dates and ages as an officer would say them."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: Days without a word from which the list says so plainly. A personal rule comes with the alerts.
QUIET_DAYS: Final = 3
#: After this many days the date says more than the count.
_COUNTED: Final = 60

#: Korean counts these days with words of their own.
_NO_WORD: Final[dict[int, str | Promise]] = {
    3: gettext_lazy("사흘째 소식이 없어요"),
    4: gettext_lazy("나흘째 소식이 없어요"),
    5: gettext_lazy("닷새째 소식이 없어요"),
    6: gettext_lazy("엿새째 소식이 없어요"),
    7: gettext_lazy("이레째 소식이 없어요"),
    8: gettext_lazy("여드레째 소식이 없어요"),
    9: gettext_lazy("아흐레째 소식이 없어요"),
    10: gettext_lazy("열흘째 소식이 없어요"),
}


def days_since(last: date, today: date) -> int:
    """Return whole days between two local dates, never less than 0 (a journey west ends "today")."""
    return max(0, (today - last).days)


def last_words(last: date | None, today: date) -> str:
    """Say on which day the last entry was, or for how long there was no word.

    The hour is not said: the notice of this consent promises the officer the day alone.
    """
    if last is None:
        return _("아직 기록이 없어요")
    gone = days_since(last, today)
    if gone == 0:
        return _("오늘")
    if gone == 1:
        return _("어제")
    if gone < QUIET_DAYS:
        return _("그저께")
    if gone in _NO_WORD:
        return str(_NO_WORD[gone])
    if gone <= _COUNTED:
        return _("%(days)d일째 소식이 없어요") % {"days": gone}
    return _("%(date)s 뒤로 소식이 없어요") % {"date": date_format(last, "DATE_FORMAT")}


def age_in(year: int, birth_year: int | None) -> int | None:
    """Return the age somebody reaches that year (연 나이), or None if the year of birth is unknown."""
    return None if birth_year is None else max(0, year - birth_year)
