"""The fixed words of music: eras, instruments, licences, mood words, journeys, player events."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Era(models.TextChoices):
    """When a work was written, coarsely."""

    EARLY = "early", _("르네상스와 그 이전")
    BAROQUE = "baroque", _("바로크")
    CLASSICAL = "classical", _("고전")
    ROMANTIC = "romantic", _("낭만")
    MODERN = "modern", _("근현대")


class Instrument(models.TextChoices):
    """What one mainly hears."""

    PIANO = "piano", _("피아노")
    KEYBOARD = "keyboard", _("옛 건반")
    ORGAN = "organ", _("오르간")
    STRINGS = "strings", _("현악")
    VIOLIN = "violin", _("바이올린")
    CELLO = "cello", _("첼로")
    GUITAR = "guitar", _("기타")
    WINDS = "winds", _("관악")
    CHAMBER = "chamber", _("실내악")
    ORCHESTRA = "orchestra", _("관현악")
    VOICE = "voice", _("노래")
    CHOIR = "choir", _("합창")
    BAND = "band", _("악단")


class Licence(models.TextChoices):
    """On what ground a track may be heard here. No non-commercial licence is ever added."""

    YOUTUBE = "youtube-embed", _("YouTube 재생기로만 재생")
    CC0 = "cc0", _("CC0 (권리 없음)")
    PDM = "pdm", _("퍼블릭 도메인 표시")
    CLAIMED_PD = "claimed-pd", _("저작권 만료 주장")
    CC_BY = "cc-by", _("CC BY")
    CC_BY_SA = "cc-by-sa", _("CC BY-SA")


class Confidence(models.TextChoices):
    """How sure we are that a source may be used: high plays, medium waits for a curator."""

    HIGH = "high", pgettext_lazy("confidence", "높음")
    MEDIUM = "medium", pgettext_lazy("confidence", "보통")


class LabelSource(models.TextChoices):
    """Who placed a track on the plane."""

    EDITOR = "editor", _("편집자")
    DATASET = "dataset", _("데이터 집합")
    MODEL = "model", _("모델")


class SourceKind(models.TextChoices):
    """How a source is played."""

    YOUTUBE = "youtube", "YouTube"
    AUDIO = "audio", _("오디오 파일")


class SourceState(models.TextChoices):
    """What is known of a source's health; ``unknown`` until something checked it."""

    UNKNOWN = "unknown", _("아직 확인 전")
    OK = "ok", _("재생됨")
    QUARANTINED = "quarantined", _("재생 안 됨")


class Journey(models.TextChoices):
    """Where the music goes from the mood of now. Chosen by the member; nothing is promised."""

    STAY = "stay", _("지금 이대로")
    CALMER = "calmer", _("조금씩 차분히")
    BRIGHTER = "brighter", _("바로 밝게")


class EventKind(models.TextChoices):
    """What a browser's player tells us."""

    PLAY = "play", _("재생")
    FINISH = "finish", _("끝까지 들음")
    SKIP = "skip", _("넘김")
    ERROR = "error", _("오류")


class MoodWord(models.TextChoices):
    """The editors' fixed list; the value stored is the Korean word itself."""

    STILL = "잔잔한", _("잔잔한")
    WARM = "따뜻한", _("따뜻한")
    COSY = "포근한", _("포근한")
    TENDER = "다정한", _("다정한")
    CLEAR = "맑은", _("맑은")
    BRIGHT = "밝은", _("밝은")
    LIGHT = "경쾌한", _("경쾌한")
    MERRY = "흥겨운", _("흥겨운")
    STRONG = "힘찬", _("힘찬")
    GRAND = "웅장한", _("웅장한")
    STIRRING = "벅찬", _("벅찬")
    HOPEFUL = "희망찬", _("희망찬")
    GRACEFUL = "우아한", _("우아한")
    PLAYFUL = "장난스러운", _("장난스러운")
    COMPOSED = "차분한", _("차분한")
    QUIET = "고요한", _("고요한")
    DEVOUT = "경건한", _("경건한")
    DREAMING = "꿈꾸는", _("꿈꾸는")
    LONGING = "그리운", _("그리운")
    LONELY = "쓸쓸한", _("쓸쓸한")
    SORROWFUL = "슬픈", _("슬픈")
    WISTFUL = "애틋한", _("애틋한")
    DARK = "어두운", _("어두운")
    HEAVY = "무거운", _("무거운")
    TENSE = "긴장된", _("긴장된")
    PASSIONATE = "격정적인", _("격정적인")
    UNEASY = "불안한", _("불안한")
    ROUGH = "거친", _("거친")
    MYSTERIOUS = "신비로운", _("신비로운")
    STEADFAST = "묵묵한", _("묵묵한")


#: YouTube IFrame errors that speak of the video (gone, private, embedding refused).
ERRORS_OF_VIDEO: Final = frozenset({100, 101, 150})
#: The player got no referrer: our own Referrer-Policy is wrong.
ERROR_OURS: Final = 153
#: Different members who must meet such an error within a week before a source is set aside.
QUARANTINE_AFTER: Final = 3
