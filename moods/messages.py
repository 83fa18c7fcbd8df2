"""What to say when a photo cannot be taken or read: a title, one sentence, one next step.

``moods.services.SENTENCES`` holds the sentence for each code an entry can be refused with; here are
the titles and steps around them, and everything a finished reading can be.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moods.choices import Status
from moods.services import SENTENCES

Text = str | Promise


class Told(NamedTuple):
    """One thing that went otherwise: what, why in one sentence, and what to do next."""

    title: Text
    sentence: Text
    step: Text = ""


_OTHER_PHOTO: Final = _("다른 사진을 고르시거나 사진 없이 저장하셔도 돼요.")
_STAYS: Final = _("적으신 말은 그대로 있어요.")

#: Titles and steps for refused photos; refused words need none beyond their sentence.
_REFUSED: Final[dict[str, tuple[Text, Text]]] = {
    "empty_file": (_("빈 파일이에요"), _OTHER_PHOTO),
    "too_large": (_("사진이 너무 커요"), _OTHER_PHOTO),
    "too_many_pixels": (_("사진이 너무 커요"), _OTHER_PHOTO),
    "active_content": (_("받을 수 없는 파일이에요"), _OTHER_PHOTO),
    "not_an_image": (_("사진이 아니에요"), _OTHER_PHOTO),
    "unsupported_type": (_("받을 수 없는 종류예요"), _OTHER_PHOTO),
    "truncated": (_("사진이 끝까지 오지 않았어요"), _OTHER_PHOTO),
    "storage_down": (_("사진을 보관할 수 없어요"), _STAYS),
    "consent_needed": (_("사진을 읽어도 된다는 허락이 없어요"), _STAYS),
}
_NOT_STORED: Final = _("아직 저장하지 않았어요")

_AGAIN: Final = _("밝은 곳에서 얼굴을 동그라미에 맞춰 다시 찍어 보세요.")
_BY_HAND: Final = _("사진 없이 기분만 골라 두셔도 돼요.")

#: Why a finished reading is not READ.
READINGS: Final[dict[str, Told]] = {
    "no_face": Told(
        _("얼굴을 찾지 못했어요"),
        _("사진에서 사람 얼굴이 보이지 않았어요."),
        _("얼굴이 한가운데 오게 다시 찍어 보세요."),
    ),
    "several_faces": Told(
        _("얼굴이 여럿 보여요"),
        _("누구의 마음인지 알 수 없어서 읽지 않았어요."),
        _("혼자 나온 사진으로 다시 남겨 보세요."),
    ),
    "too_small": Told(
        _("얼굴이 너무 작아요"),
        _("표정을 알아볼 만큼 크게 나오지 않았어요."),
        _("조금 더 가까이서 다시 찍어 보세요."),
    ),
    "cut_off": Told(
        _("얼굴이 잘렸어요"),
        _("얼굴 일부가 사진 밖으로 나갔어요."),
        _("얼굴 전체가 들어오게 다시 찍어 보세요."),
    ),
    "turned_away": Told(
        _("얼굴이 옆을 보고 있어요"),
        _("옆얼굴로는 표정을 제대로 읽을 수 없어요."),
        _("카메라를 똑바로 보고 다시 찍어 보세요."),
    ),
    "dark": Told(
        _("사진이 너무 어두워요"),
        _("어두워서 표정이 보이지 않았어요."),
        _("불을 켜거나 창가에서 다시 찍어 보세요."),
    ),
    "overexposed": Told(
        _("사진이 너무 밝아요"),
        _("빛이 세서 얼굴이 하얗게 나왔어요."),
        _("빛을 등지지 말고 그늘에서 다시 찍어 보세요."),
    ),
    "blurred": Told(
        _("사진이 흔들렸어요"),
        _("흐려서 표정을 알아볼 수 없었어요."),
        _("손을 어딘가에 기대고 다시 찍어 보세요."),
    ),
    "covered": Told(
        _("얼굴이 가려져 있어요"),
        _("입과 코가 가려져서 표정을 읽지 않았어요."),
        _("마스크나 손을 내리고 다시 찍어 보세요."),
    ),
    "unnatural": Told(
        _("여느 사진과 달라 보여요"),
        _("색이 뒤집혔거나 많이 꾸민 사진 같아서 읽지 않았어요."),
        _("꾸미지 않은 사진으로 다시 남겨 보세요."),
    ),
    "low_confidence": Told(
        _("이번에는 잘 모르겠어요"),
        _("표정이 여러 마음에 고루 가까워서 하나로 짐작하지 않았어요."),
        _("마음은 본인이 가장 잘 아세요. 아래에서 골라 주세요."),
    ),
    "unreadable": Told(
        _("사진을 열지 못했어요"),
        _("사진 파일을 끝까지 열 수 없었어요."),
        _("다른 사진으로 다시 남겨 보세요."),
    ),
    "worker_lost": Told(
        _("읽다가 멈췄어요"),
        _("여러 번 해 보았지만 끝까지 읽지 못했어요. 사진 잘못이 아니에요."),
        _("다시 읽어 볼 수 있어요."),
    ),
    "model_missing": Told(
        _("지금은 읽을 수 없어요"),
        _("표정을 읽는 장치가 아직 준비되지 않았어요. 사진 잘못이 아니에요."),
        _("나중에 다시 읽어 볼 수 있어요."),
    ),
    "model_changed": Told(
        _("지금은 읽을 수 없어요"),
        _("표정을 읽는 장치에 문제가 있어 멈추었어요. 사진 잘못이 아니에요."),
        _("나중에 다시 읽어 볼 수 있어요."),
    ),
    "model_incompatible": Told(
        _("지금은 읽을 수 없어요"),
        _("표정을 읽는 장치가 이곳과 맞지 않아 멈추었어요. 사진 잘못이 아니에요."),
        _("나중에 다시 읽어 볼 수 있어요."),
    ),
    "internal": Told(
        _("읽지 못했어요"),
        _("저희 쪽에 문제가 생겼어요. 사진 잘못이 아니에요."),
        _("다시 읽어 볼 수 있어요."),
    ),
    "consent_withdrawn": Told(
        _("읽지 않았어요"), _("감정을 읽어도 된다는 허락을 거두셔서 사진을 읽지 않고 지웠어요."), _BY_HAND
    ),
    "photo_deleted": Told(_("사진을 지우셨어요"), _("읽기 전에 사진을 지우셔서 읽지 않았어요."), _BY_HAND),
    "photo_gone": Told(_("사진이 없어요"), _("사진을 찾을 수 없어서 읽지 못했어요."), _AGAIN),
    "key_lost": Told(_("사진을 열 수 없어요"), _("사진을 잠근 열쇠가 맞지 않아서 읽지 못했어요."), _AGAIN),
}

_OTHERWISE: Final[dict[str, Told]] = {
    Status.UNSURE: READINGS["low_confidence"],
    Status.REJECTED: Told(_("읽을 수 없는 사진이에요"), _("이 사진으로는 표정을 읽을 수 없었어요."), _AGAIN),
    Status.FAILED: READINGS["internal"],
}


def refusal(code: str) -> Told:
    """Return what to say about an entry that was not stored."""
    title, step = _REFUSED.get(code, (_NOT_STORED, ""))
    return Told(title, SENTENCES[code], step)


def outcome(status: str, reason: str) -> Told:
    """Return what to say about a finished reading that is not READ."""
    return READINGS.get(reason) or _OTHERWISE[status]
