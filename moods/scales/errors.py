"""What can be wrong with an answer, in words a member reads."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SAID: dict[str, Promise] = {
    "scale_bad_answer": _("답을 하나 눌러 주세요. 앞에서 고르신 답은 그대로 있어요."),
    "scale_closed": _("지난날의 답은 그대로 두어요. 오늘 마음은 새로 답해 주세요."),
}


class ScaleError(ValueError):
    """An answer that cannot be stored; ``code`` is stable, the text is for the member."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return str(_SAID[self.code])
