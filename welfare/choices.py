"""Words of this room: what is written down when somebody looks, why, and how a list is ordered."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """What an officer did, in the words the member reads in their own access log."""

    LIST = "welfare.list", _("목록에서 마지막으로 적은 날과 14일 흐름을 봤어요 (하루에 한 번만 적어요)")
    CLIENT = "welfare.client", _("지난 60일의 흐름을 열어 봤어요")


class Why(models.TextChoices):
    """Why an officer opens one person's trend; the member reads it."""

    CALL = "call", _("전화를 드리려고")
    VISIT = "visit", _("찾아뵙기 전에 살펴보려고")
    SILENT = "silent", _("며칠째 소식이 없어서")
    LOW = "low", _("평소보다 힘들어 보여서")
    ASKED = "asked", _("본인이 봐 달라고 하셔서")
    OTHER = "other", _("그 밖의 까닭")


class Sort(models.TextChoices):
    """How the list of clients is ordered."""

    LAST = "last", _("소식이 뜸한 순")
    TREND = "trend", _("많이 낮아진 순")
    NAME = "name", _("이름 순")
