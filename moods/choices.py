"""The words of mood and the one table that puts them on the valence–arousal plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from inference import EMOTIONS, Emotion


class Point(NamedTuple):
    """A place on the circumplex of affect (Russell 1980): both axes run from -1 to 1."""

    valence: float
    arousal: float


class Feeling(models.TextChoices):
    """An emotion in words; same values as ``inference.Emotion``."""

    HAPPY = "happy", _("기쁨")
    SAD = "sad", _("슬픔")
    ANGRY = "angry", _("분노")
    ANXIOUS = "anxious", _("불안")
    STARTLED = "startled", _("당황")
    NEUTRAL = "neutral", _("중립")


if tuple(Feeling.values) != tuple(EMOTIONS):
    raise ImportError("Feeling must list what the networks emit, in the same order.")

#: How a person says each feeling of themselves.
FEELING_SAID: Final = {
    Feeling.HAPPY: _("기뻐요"),
    Feeling.NEUTRAL: _("덤덤해요"),
    Feeling.STARTLED: _("당황했어요"),
    Feeling.SAD: _("슬퍼요"),
    Feeling.ANXIOUS: _("불안해요"),
    Feeling.ANGRY: _("화나요"),
}

#: The only table from emotion to plane; editorial, after the circumplex positions in
#: Russell (1980) and Posner, Russell & Peterson (2005). Music and welfare read it from here.
EMOTION_PLANE: Final[dict[Emotion, Point]] = {
    Emotion.HAPPY: Point(0.80, 0.40),
    Emotion.SAD: Point(-0.65, -0.40),
    Emotion.ANGRY: Point(-0.60, 0.65),
    Emotion.ANXIOUS: Point(-0.55, 0.55),
    Emotion.STARTLED: Point(-0.05, 0.75),
    Emotion.NEUTRAL: Point(0.0, -0.10),
}


def plane_point(chances: Mapping[str, float]) -> Point | None:
    """Return where a whole vote lies: the mean of the table weighted by the probabilities.

    The whole vector, not the winner: 51 % sad and 49 % happy is near the middle. None if empty.
    """
    total = sum(chances.values())
    if not total:
        return None
    places = [(EMOTION_PLANE[Emotion(name)], share / total) for name, share in chances.items()]
    return Point(
        round(sum(place.valence * share for place, share in places), 6),
        round(sum(place.arousal * share for place, share in places), 6),
    )


class Mood(models.IntegerChoices):
    """A person's own word: Apple HealthKit's State of Mind, seven steps of valence."""

    VERY_UNPLEASANT = -3, _("아주 힘들어요")
    UNPLEASANT = -2, _("힘들어요")
    SLIGHTLY_UNPLEASANT = -1, _("조금 힘들어요")
    NEUTRAL = 0, _("그저 그래요")
    SLIGHTLY_PLEASANT = 1, _("조금 좋아요")
    PLEASANT = 2, _("좋아요")
    VERY_PLEASANT = 3, _("아주 좋아요")


def mood_valence(mood: int) -> float:
    """Return the valence (-1..1) of one of the seven steps."""
    return mood / 3


def mood_of(valence: float) -> Mood:
    """Return the step of the seven-step scale that lies nearest to a valence."""
    return Mood(max(-3, min(3, round(valence * 3))))


def mood_feeling(mood: int) -> Feeling:
    """Return the feeling whose face is drawn when a person chose only a step."""
    if mood == 0:
        return Feeling.NEUTRAL
    return Feeling.HAPPY if mood > 0 else Feeling.SAD


class Status(models.TextChoices):
    """Where a photo reading is; the last four are final."""

    QUEUED = "queued", _("차례를 기다리고 있어요")
    RUNNING = "running", _("읽고 있어요")
    READ = "read", _("읽었어요")
    UNSURE = "unsure", _("잘 모르겠어요")
    REJECTED = "rejected", _("읽을 수 없는 사진이에요")
    FAILED = "failed", _("읽지 못했어요")


FINAL: Final = (Status.READ, Status.UNSURE, Status.REJECTED, Status.FAILED)
