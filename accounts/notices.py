"""What each purpose says before a member decides: versioned, and hashed into the Grant.

A text that changes needs a new ``VERSION``; ``tests/accounts/test_notices.py`` holds the pair.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.choices import Purpose

VERSION: Final = "2026-11-2"

Text = str | Promise


@dataclass(frozen=True)
class Notice:
    """One purpose in words: what happens, the facts, and what ends when it is withdrawn."""

    purpose: Purpose
    body: Text
    facts: tuple[tuple[Text, Text], ...]
    withdrawal: Text

    def text(self) -> str:
        """Return everything the member read, in the active language, one sentence a line."""
        facts = (f"{name}: {value}" for name, value in self.facts)
        return "\n".join((str(self.purpose.label), str(self.body), *facts, str(self.withdrawal)))


#: In the order of the page. RESEARCH is absent on purpose: nothing reads that grant yet, and
#: asking for a permission that nobody needs would be asking for too much.
NOTICES: Final[dict[Purpose, Notice]] = {
    Purpose.EMOTION: Notice(
        Purpose.EMOTION,
        _("올리신 사진에서 표정을 읽어 일기에 적어 드려요. 얼굴로 누구인지 알아보는 일은 하지 않아요."),
        (
            (_("보는 것"), _("올리신 사진 한 장")),
            (
                _("사진"),
                _(
                    "‘사진 보관하기’를 켜지 않으시면 읽고 나서 바로 지워요. 읽다가 탈이 나도 72시간 안에 지워요"
                ),
            ),
        ),
        _("이제부터 사진을 읽지 않아요. 이미 적힌 일기와 직접 고르신 기분은 그대로 남아요."),
    ),
    Purpose.PHOTO_KEEP: Notice(
        Purpose.PHOTO_KEEP,
        _("읽은 사진을 바로 지우지 않고 회원님만의 열쇠로 잠가 두어요. 회원님만 다시 볼 수 있어요."),
        ((_("보는 것"), _("올리신 사진")), (_("기간"), _("30일, 또는 직접 지우실 때까지"))),
        _("보관하던 사진을 지우고, 앞으로는 읽고 나면 바로 지워요. 일기 글은 남아요."),
    ),
    Purpose.MUSIC: Notice(
        Purpose.MUSIC,
        _("그날 마음과 들으신 곡을 보고 어울리는 음악을 골라 드려요."),
        ((_("보는 것"), _("감정과 들은 곡")), (_("기간"), _("거두실 때까지"))),
        _("마음에 맞춘 음악을 더는 골라 드리지 않아요. 음악은 직접 골라 들으실 수 있어요."),
    ),
    Purpose.SHARE: Notice(
        Purpose.SHARE,
        _(
            "고르신 기관의 복지 담당자와 팀장이 마음의 오르내림과 마지막으로 적은 날만 봐요. "
            "사진과 글은 보이지 않아요. 누가 언제 봤는지 직접 확인하실 수 있어요."
        ),
        ((_("보는 것"), _("마음의 오르내림")), (_("기간"), _("1년 뒤 저절로 끝나요"))),
        _("그 기관의 담당자는 지금 이 순간부터 회원님의 기록을 볼 수 없어요."),
    ),
    Purpose.PANEL: Notice(
        Purpose.PANEL,
        _(
            "사람과 AI 가운데 누가 표정을 더 잘 읽는지 견주는 연구에 보관 중인 사진을 써요. 직원과 초대받은 "
            "사람이 이름 없이 얼굴 부분만 보고 느낌을 맞혀요. ‘사진 보관하기’와 ‘사진에서 감정 읽기’도 켜져 "
            "있을 때만 써요."
        ),
        (
            (_("보는 것"), _("보관 중인 사진의 얼굴 부분과 그때 직접 고르신 느낌")),
            (_("보는 사람"), _("직원과 초대받은 사람. 언제 누가 봤는지 열람 기록에 남아요")),
            (_("기간"), _("거두실 때까지")),
        ),
        _("회원님의 사진과 그 사진에 대한 답이 모든 연구에서 지금 바로 빠져요. 일기와 사진은 그대로 남아요."),
    ),
}


def notice_for(purpose: str) -> Notice:
    """Return a purpose's notice; a purpose that is not asked for raises KeyError."""
    return NOTICES[Purpose(purpose)]


def fingerprint(purpose: str, language: str) -> str:
    """Return the SHA-256 hex digest of the notice as it reads in the language."""
    with translation.override(language):
        text = notice_for(purpose).text()
    return hashlib.sha256(f"{VERSION}\n{text}".encode()).hexdigest()
