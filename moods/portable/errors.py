"""What can be wrong with a file or a line of it: a stable code and one kind sentence each."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moods.services.errors import SENTENCES as ENTRY_SENTENCES

#: The whole file cannot be used; nothing of it was stored.
FILE_SENTENCES: Final[dict[str, str | Promise]] = {
    "no_file": _("가져올 파일을 골라 주세요."),
    "empty_file": _("파일이 비어 있어요. 다른 파일을 골라 주세요."),
    "too_large": _("파일이 너무 커요. 100 MB보다 작은 파일을 골라 주세요."),
    "unknown_kind": _(
        "알아볼 수 없는 파일이에요. Daylio의 CSV나 .daylio 백업, 또는 마음에서 받은 ZIP·JSON 파일을 골라 주세요."
    ),
    "broken_zip": _("압축 파일이 망가졌어요. 파일을 다시 내려받아 골라 주세요."),
    "locked_zip": _("비밀번호가 걸린 압축 파일은 열 수 없어요. 비밀번호 없이 다시 만들어 주세요."),
    "bomb": _("풀면 지나치게 커지는 압축 파일이라 열지 않았어요."),
    "too_many_parts": _("압축 파일 안에 파일이 너무 많아요. 마음이나 Daylio에서 받은 그대로 골라 주세요."),
    "unreadable_text": _("글자를 읽을 수 없는 파일이에요. UTF-8로 저장한 파일을 골라 주세요."),
    "broken_json": _("파일의 내용이 중간에 끊겼거나 망가졌어요. 다시 내려받아 골라 주세요."),
    "wrong_shape": _(
        "파일 안에서 일기를 찾지 못했어요. 마음이나 Daylio에서 받은 파일이 맞는지 확인해 주세요."
    ),
    "newer_version": _("더 새로운 마음에서 만든 파일이에요. 이 마음은 아직 읽지 못해요."),
    "too_many_rows": _("한 번에 100,000건까지 가져올 수 있어요. 파일을 나누어 주세요."),
    "no_rows": _("파일에 일기가 한 건도 없어요."),
    "not_here": _("이 가져오기는 이미 끝났거나 시간이 지났어요. 파일을 다시 골라 주세요."),
}

#: One line cannot be used; the others are.
ROW_SENTENCES: Final[dict[str, str | Promise]] = {
    **ENTRY_SENTENCES,
    "nothing_said": _("기분도 글도 없어요."),
    "bad_row": _("줄의 모양이 달라서 읽지 못했어요."),
    "bad_date": _("날짜를 알아볼 수 없어요."),
    "bad_time": _("시각을 알아볼 수 없어요."),
    "bad_zone": _("시간대를 알아볼 수 없어요."),
    "line_too_long": _("한 줄이 너무 길어요."),
    "twice": _("같은 기록이 파일에 두 번 들어 있어요."),
}


class ImportRefused(Exception):
    """A file that cannot be used, or an import that is over.

    Attributes:
        code: stable, a key of :data:`FILE_SENTENCES`.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = FILE_SENTENCES[code]
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message)


class RowProblem(Exception):
    """A line that cannot be used; ``code`` is a key of :data:`ROW_SENTENCES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
