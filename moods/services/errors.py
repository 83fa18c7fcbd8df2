"""What can be wrong with an entry: a stable code and one kind sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from inference import PhotoError

#: The only list of codes that an entry can be refused with.
SENTENCES: Final[dict[str, str | Promise]] = {
    "nothing_said": _("사진이나 기분, 한 줄 가운데 하나는 남겨 주세요."),
    "unknown_mood": _("기분은 일곱 가지 가운데 하나를 골라 주세요."),
    "unknown_feeling": _("느낌은 여섯 가지 가운데 하나를 골라 주세요."),
    "note_too_long": _("한 줄은 4,000자까지 쓸 수 있어요."),
    "too_many_tags": _("꼬리표는 10개까지, 하나에 30자까지 붙일 수 있어요."),
    "in_the_future": _("아직 오지 않은 때는 적을 수 없어요. 날짜와 시각을 확인해 주세요."),
    "too_long_ago": _("태어나기 전이나 1900년보다 앞선 날은 적을 수 없어요. 날짜를 확인해 주세요."),
    "consent_needed": _(
        "사진에서 감정을 읽어도 된다고 허락하지 않으셨어요. 사진 없이 남기시거나, 동의 화면에서 허락해 주세요."
    ),
    "empty_file": _("파일이 비어 있어요. 다른 사진을 골라 주세요."),
    "too_large": _("사진이 너무 커요. 20 MB보다 작은 사진을 골라 주세요."),
    "too_many_pixels": _("사진의 가로세로가 너무 커요. 더 작은 사진을 골라 주세요."),
    "active_content": _("사진 안에 웹 문서가 들어 있어서 받을 수 없어요. 다른 사진을 골라 주세요."),
    "not_an_image": _("사진 파일이 아니에요. 사진을 골라 주세요."),
    "unsupported_type": _(
        "이 종류의 파일은 받을 수 없어요. JPEG, PNG, HEIC, WebP, AVIF, GIF 사진을 골라 주세요."
    ),
    "truncated": _("사진 파일이 중간에 끊겼어요. 다시 보내 주시거나 다른 사진을 골라 주세요."),
    "storage_down": _("지금은 사진을 보관할 수 없어요. 잠시 뒤에 다시 해 주시거나 사진 없이 남겨 주세요."),
}


class EntryError(Exception):
    """An entry that cannot be stored as it is; nothing of it was stored.

    Attributes:
        code: stable, a key of :data:`SENTENCES`.
        message: one sentence in the reader's language (lazy).
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = SENTENCES[code]
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message)


def from_photo_error(error: PhotoError) -> EntryError:
    """Turn what ``inference`` says of a file into an EntryError with the same code."""
    return EntryError(error.code if error.code in SENTENCES else "not_an_image")
