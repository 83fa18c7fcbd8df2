"""What a result says: kind, plain, and never a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moods.scales import choices
from moods.scales.choices import Scale
from moods.scales.selectors import Taken


@dataclass(frozen=True)
class Words:
    """A heading and a sentence or two."""

    title: Promise
    text: Promise


_REST: Final = _("잘 지내 오셨어요. 마음이 달라지면 언제든 다시 살펴보세요.")
_TALK: Final = _(
    "이럴 때는 혼자 두지 않는 게 좋아요. 의사나 상담 선생님과 이야기해 보세요. 동네 의원, 보건소, 정신건강복지센터 어디든 괜찮아요."
)
_SOON: Final = _(
    "오늘이나 내일, 이야기할 분을 한 분 정해 보세요. 의사나 상담 선생님이 도울 수 있어요. 109는 밤낮으로 받아요."
)

_WHO5: Final = {
    False: Words(_("지난 두 주는 대체로 괜찮으셨네요."), _REST),
    True: Words(
        _("지난 두 주는 조금 지치셨나 봐요."),
        _(
            "그럴 때가 있어요. 가까운 분에게 요즘 어떤지 이야기해 보시면 어떨까요? 보건소나 동네 의원에서도 들어 줘요."
        ),
    ),
}
_PHQ2: Final = {
    False: Words(_("지난 두 주는 마음이 크게 무겁지 않으셨네요."), _REST),
    True: Words(
        _("마음이 무거운 날이 꽤 있으셨네요."),
        _("원하시면 일곱 가지를 더 여쭤볼게요. 이 분 정도 걸려요. 여기까지만 하셔도 괜찮아요."),
    ),
}
_PHQ9: Final = (
    Words(_("지난 두 주는 마음이 크게 무겁지 않으셨네요."), _REST),
    Words(
        _("마음이 조금 무거우셨네요."),
        _("잘 자고 가까운 분과 이야기하는 것만으로 나아지기도 해요. 두 주 뒤에 다시 살펴보세요."),
    ),
    Words(_("마음이 꽤 무거운 두 주였네요."), _TALK),
    Words(_("많이 힘든 두 주를 보내셨네요."), _SOON),
    Words(_("아주 힘든 두 주를 견디셨네요."), _SOON),
)


def words_of(taken: Taken) -> Words:
    """Return what to say about a finished scale."""
    if taken.scale == Scale.WHO5:
        return _WHO5[taken.low]
    if taken.scale == Scale.PHQ2:
        return _PHQ2[taken.low]
    return _PHQ9[choices.band(taken.raw)]


def change_of(taken: Taken, before: Taken | None) -> Promise | None:
    """Return how WHO-5 compares with the time before; only the published step counts as a change."""
    if before is None or taken.scale != Scale.WHO5:
        return None
    step = taken.score - before.score
    if abs(step) < choices.WHO5_CHANGE:
        return _("지난번과 비슷해요.")
    return _("지난번보다 편안해지셨어요.") if step > 0 else _("지난번보다 조금 힘드셨어요.")
