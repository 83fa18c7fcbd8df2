"""Words and limits of a study."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Faces a half has unless its maker says otherwise (the seeds' survey: 100 faces, half and half).
PER_HALF: Final = 50
MOST_PER_HALF: Final = 200
#: No single member's face may fill the own half.
MOST_PER_MEMBER: Final = 5
MOST_LINKS: Final = 40
LINK_DAYS: Final = 14
#: How long the link to another device of the same person lives.
DEVICE_LINK: Final = timedelta(hours=1)
#: Version of the text a participant agrees to; a changed text needs a new one.
CONSENT_VERSION: Final = "2026-11-1"

#: What the seeds of this product found with their survey: context on the results page, not a result of ours.
SEEDS_PEOPLE: Final = 40
SEEDS_FACES: Final = 100
SEEDS_HUMAN: Final = 79
SEEDS_MODEL: Final = 78


class Half(models.TextChoices):
    """Where a face comes from."""

    DATASET = "dataset", _("데이터 세트 얼굴")
    OWN = "own", _("회원이 허락한 사진")


class StudyState(models.TextChoices):
    """How far a study is; faces change only in a draft."""

    DRAFT = "draft", _("준비 중")
    OPEN = "open", _("진행 중")
    CLOSED = "closed", _("끝남")


class MachineState(models.TextChoices):
    """How far the ensemble's answer about one face is; the last four are final."""

    QUEUED = "queued", _("차례를 기다려요")
    RUNNING = "running", _("읽고 있어요")
    READ = "read", _("읽었어요")
    UNSURE = "unsure", _("자신이 없어 답하지 않았어요")
    REJECTED = "rejected", _("읽을 수 없는 사진이에요")
    FAILED = "failed", _("읽지 못했어요")


UNREAD: Final = (MachineState.QUEUED, MachineState.RUNNING)


class Look(models.TextChoices):
    """What a member finds in their access log about a study."""

    DRAWN = "panel_drawn", _("사람 대 AI 연구에 사진을 골라 넣었어요")
    SEEN = "panel_seen", _("사람 대 AI 연구에서 사진을 봤어요")
    INVITED = "panel_invited", _("연구에 초대한 사람이 사진을 봤어요")
    EXPORTED = "panel_exported", _("사람 대 AI 연구의 답을 표로 내려받았어요")
