"""How pages say what the machine cannot: doubt, where it looked, and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

#: Tags the form offers; they are stored as these Korean words and shown in the reader's language.
SUGGESTED_TAGS: Final = ("잠", "사람", "날씨", "통증", "약", "나들이")
_TAG_WORDS: Final[dict[str, str | Promise]] = {
    "잠": pgettext_lazy("tag", "잠"),
    "사람": pgettext_lazy("tag", "사람"),
    "날씨": pgettext_lazy("tag", "날씨"),
    "통증": pgettext_lazy("tag", "통증"),
    "약": pgettext_lazy("tag", "약"),
    "나들이": pgettext_lazy("tag", "나들이"),
}
_TEN: Final = (
    gettext_lazy("열 장 중 한 장쯤"),
    gettext_lazy("열 장 중 두 장쯤"),
    gettext_lazy("열 장 중 세 장쯤"),
    gettext_lazy("열 장 중 네 장쯤"),
    gettext_lazy("열 장 중 다섯 장쯤"),
    gettext_lazy("열 장 중 여섯 장쯤"),
    gettext_lazy("열 장 중 일곱 장쯤"),
    gettext_lazy("열 장 중 여덟 장쯤"),
    gettext_lazy("열 장 중 아홉 장쯤"),
)


def tag_word(tag: str) -> str:
    """Show a tag in the reader's language; a person's own tag stays as it was written."""
    return str(_TAG_WORDS.get(tag, tag))


def doubt(confidence: float) -> tuple[str, str]:
    """Put a calibrated confidence into words.

    Returns:
        how sure it is, and how many of ten such photos were right (never "all ten").
    """
    if confidence >= 0.85:
        sure = _("꽤 자신 있지만 틀릴 수도 있어요.")
    elif confidence >= 0.6:
        sure = _("아마 그럴 것 같지만 틀릴 수도 있어요.")
    else:
        sure = _("자신은 별로 없어요. 가장 가까운 것을 골랐을 뿐이에요.")
    if confidence >= 0.95:
        return sure, pgettext("photos out of ten", "열 장 중 아홉 장 넘게")
    return sure, str(_TEN[max(1, min(9, round(confidence * 10))) - 1])


def looked_at(grid: Sequence[Sequence[float]]) -> str:
    """Say which part of the face weighed most: thirds of the aligned crop, most telling first.

    In the crop, eyes and brows lie in the upper half and the mouth in the lowest third
    (``inference._crop.LAYOUT``: eyes at 0.38, nose at 0.59, mouth at 0.76 of its height).
    """
    parts = (
        (0.5, _("눈과 눈썹 언저리")),
        (0.66, _("코와 볼 언저리")),
        (1.01, _("입 언저리")),
    )
    weights = {name: 0.0 for _end, name in parts}
    counts = dict.fromkeys(weights, 0)
    for at, row in enumerate(grid):
        middle = (at + 0.5) / len(grid)
        name = next(name for end, name in parts if middle < end)
        weights[name] += sum(row)
        counts[name] += len(row)
    return max(weights, key=lambda name: weights[name] / max(1, counts[name]))
