"""Sentences of the patterns page. They say what was together, never why."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from moods.patterns.report import Comparison, Kind, Thing, Verdict
from moods.patterns.statistics import DRAWS
from moods.words import tag_word

#: Steps of the mood scale in one unit of valence (``moods.choices.mood_valence``).
STEPS: Final = 3.0
_WEEKDAYS: Final[dict[str, Promise]] = {
    "mon": gettext_lazy("월요일"),
    "tue": gettext_lazy("화요일"),
    "wed": gettext_lazy("수요일"),
    "thu": gettext_lazy("목요일"),
    "fri": gettext_lazy("금요일"),
    "sat": gettext_lazy("토요일"),
    "sun": gettext_lazy("일요일"),
}
_PARTS: Final[dict[str, Promise | str]] = {
    "dawn": pgettext_lazy("part of the day", "새벽(0–6시)"),
    "morning": pgettext_lazy("part of the day", "아침(6–11시)"),
    "noon": pgettext_lazy("part of the day", "낮(11–17시)"),
    "evening": pgettext_lazy("part of the day", "저녁(17–21시)"),
    "night": pgettext_lazy("part of the day", "밤(21–24시)"),
}
_SAID: Final = {
    (Kind.TAG, Verdict.BETTER): gettext_lazy("‘%(name)s’ 꼬리표를 단 날에는 기분이 더 좋은 편이었어요."),
    (Kind.TAG, Verdict.HARDER): gettext_lazy("‘%(name)s’ 꼬리표를 단 날에는 기분이 더 힘든 편이었어요."),
    (Kind.TAG, Verdict.UNCLEAR): gettext_lazy(
        "‘%(name)s’ 꼬리표를 단 날은 다른 날과 뚜렷이 다르지 않았어요."
    ),
    (Kind.WEEKDAY, Verdict.BETTER): gettext_lazy("%(name)s에는 기분이 더 좋은 편이었어요."),
    (Kind.WEEKDAY, Verdict.HARDER): gettext_lazy("%(name)s에는 기분이 더 힘든 편이었어요."),
    (Kind.WEEKDAY, Verdict.UNCLEAR): gettext_lazy("%(name)s은 다른 요일과 뚜렷이 다르지 않았어요."),
    (Kind.PART, Verdict.BETTER): gettext_lazy("%(name)s에 남긴 기분은 더 좋은 편이었어요."),
    (Kind.PART, Verdict.HARDER): gettext_lazy("%(name)s에 남긴 기분은 더 힘든 편이었어요."),
    (Kind.PART, Verdict.UNCLEAR): gettext_lazy("%(name)s에 남긴 기분은 다른 때와 뚜렷이 다르지 않았어요."),
}


def name_of(thing: Thing) -> str:
    """Name a tag, a weekday or a part of the day in the reader's language."""
    if thing.kind == Kind.TAG:
        return tag_word(thing.key)
    return str((_WEEKDAYS if thing.kind == Kind.WEEKDAY else _PARTS)[thing.key])


def headline(one: Comparison) -> str:
    """Say what came out, in one sentence."""
    if one.verdict == Verdict.FEW:
        return name_of(one.thing)
    return str(_SAID[one.thing.kind, one.verdict]) % {"name": name_of(one.thing)}


def share(one: Comparison) -> str:
    """Say on how many of the days it was so, and that this is no reason."""
    values = {"days": one.numbers.count, "so": one.leaning}
    if one.verdict == Verdict.BETTER:
        said = ngettext(
            "%(days)d일 중 %(so)d일이 다른 날들의 평균보다 좋았어요.",
            "%(days)d일 중 %(so)d일이 다른 날들의 평균보다 좋았어요.",
            one.numbers.count,
        )
    else:
        said = ngettext(
            "%(days)d일 중 %(so)d일이 다른 날들의 평균보다 힘들었어요.",
            "%(days)d일 중 %(so)d일이 다른 날들의 평균보다 힘들었어요.",
            one.numbers.count,
        )
    not_why = _("그것 때문이라는 뜻은 아니에요.")
    return f"{said % values} {not_why}"


def basis(one: Comparison) -> str:
    """Say whose words the numbers rest on."""
    values = {"own": one.own, "guess": one.guess, "other_own": one.other_own, "other_guess": one.other_guess}
    if one.thing.kind == Kind.PART:
        return (
            _(
                "이때 남긴 것: 직접 적음 %(own)d, 사진 짐작 %(guess)d. "
                "다른 때: 직접 적음 %(other_own)d, 사진 짐작 %(other_guess)d."
            )
            % values
        )
    return (
        _(
            "이런 날: 직접 적음 %(own)d, 사진 짐작 %(guess)d. "
            "다른 날: 직접 적음 %(other_own)d, 사진 짐작 %(other_guess)d."
        )
        % values
    )


def lacking(one: Comparison) -> str:
    """Say how many more it takes."""
    if one.lacking:
        return ngettext(
            "%(days)d일 남기셨어요. %(more)d일 더 모이면 견주어 볼 수 있어요.",
            "%(days)d일 남기셨어요. %(more)d일 더 모이면 견주어 볼 수 있어요.",
            one.numbers.count,
        ) % {"days": one.numbers.count, "more": one.lacking}
    return ngettext(
        "거의 모든 날에 있었어요. 견주려면 그렇지 않은 날이 %(more)d일 더 있어야 해요.",
        "거의 모든 날에 있었어요. 견주려면 그렇지 않은 날이 %(more)d일 더 있어야 해요.",
        one.others_lacking,
    ) % {"more": one.others_lacking}


def steps(valence: float) -> str:
    """Write a difference of valence in steps of the seven-step scale, with its sign: +0.7, −1.2."""
    rounded = round(valence * STEPS, 1)
    return f"{'−' if rounded < 0 else '+' if rounded > 0 else ''}{abs(rounded):.1f}"


def chance(one: Comparison) -> str:
    """Write how often at least one comparison would differ as much where nothing goes together."""
    if one.judged is None:
        return ""
    least = 100 / (DRAWS + 1)
    percent = 100 * one.judged.chance
    if percent <= least:
        return _("%(percent)s %% 이하") % {"percent": f"{least:.1f}"}
    return f"{percent:.1f} %"
