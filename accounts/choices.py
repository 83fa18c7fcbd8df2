"""Words that accounts, and every room above, use for roles and consent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may be; one person may be several."""

    MEMBER = "member", _("회원")
    CAREGIVER = "caregiver", _("보호자")
    OFFICER = "officer", _("복지 담당자")
    SUPERVISOR = "supervisor", _("팀장")
    CURATOR = "curator", _("음악 큐레이터")
    ADMIN = "admin", _("관리자")


#: Roles that see other people's data or change the product: a second factor is required.
STAFF_ROLES = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.CURATOR, Role.ADMIN})


class Purpose(models.TextChoices):
    """What a Grant allows. Refusing any of them never closes the diary."""

    EMOTION = "emotion_inference", _("사진에서 감정 읽기")
    PHOTO_KEEP = "photo_keep", _("사진 보관하기")
    MUSIC = "music", _("음악 골라 드리기")
    SHARE = "share_organisation", _("복지관에 흐름 보이기")
    RESEARCH = "research", _("감정 읽기를 더 좋게 만드는 데 쓰기")
    PANEL = "human_ai_study", _("사람과 AI 견주어 보기에 내 사진 쓰기")


class DataClass(models.TextChoices):
    """What kind of data a shared Grant opens."""

    TREND = "trend", _("마음의 오르내림")
    NOTES = "notes", _("나누기로 한 글")
    PHOTOS = "photos", _("사진")


class Decision(models.TextChoices):
    """Whether a ledger row gives or withdraws a Grant."""

    GIVEN = "given", _("허락")
    WITHDRAWN = "withdrawn", _("거둠")


class PhotoRetention(models.TextChoices):
    """How long a member keeps photos after they are read."""

    FORGET = "forget", _("읽고 바로 지우기")
    MONTH = "month", _("30일 동안 보관")
    KEEP = "keep", _("지울 때까지 보관")
