"""What can be wrong with a study: a stable code and one sentence each."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Final[dict[str, str | Promise]] = {
    "not_a_draft": _("이미 시작한 연구의 얼굴은 바꿀 수 없어요. 새 연구를 만들어 주세요."),
    "not_open": _("지금 진행 중인 연구가 아니에요."),
    "no_faces": _("얼굴이 한 장도 없어서 시작할 수 없어요. 먼저 얼굴을 넣어 주세요."),
    "short": _("절반이 다 차지 않았어요. 그래도 시작하시려면 확인란에 표시해 주세요."),
    "finished": _("이미 끝내셔서 답을 바꿀 수 없어요."),
    "unknown_feeling": _("여섯 가지 가운데 하나를 고르거나 ‘모르겠어요’를 눌러 주세요."),
    "face_gone": _("그 얼굴은 연구에서 빠졌어요. 다음 얼굴로 넘어갈게요."),
    "unanswered": _("아직 보지 않으신 얼굴이 있어요."),
    "link_dead": _("이미 쓰였거나 기한이 지났거나 잘못된 링크예요."),
    "consent_needed": _("답을 저장해도 된다고 표시해 주셔야 시작할 수 있어요."),
    "too_many_links": _("링크는 한 번에 1개에서 40개까지 만들 수 있어요."),
}


class PanelError(Exception):
    """Something that cannot be done with a study; nothing of it was stored.

    Attributes:
        code: stable, a key of :data:`SENTENCES`.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)

    def __str__(self) -> str:
        return str(SENTENCES[self.code])
