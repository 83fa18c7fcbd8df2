"""The words a network may answer with, and how other data sets' words map to them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Emotion(StrEnum):
    """One of six machine emotions, in the order every member's class layer uses."""

    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    ANXIOUS = "anxious"
    STARTLED = "startled"
    NEUTRAL = "neutral"


EMOTIONS: Final[tuple[Emotion, ...]] = tuple(Emotion)

#: Class names of the public sets (any case) to Emotion. Disgust as angry is a proxy; contempt and
#: hurt have no counterpart among the six and are dropped by the readers.
SOURCE_NAMES: Final[dict[str, Emotion]] = {
    "happy": Emotion.HAPPY,
    "happiness": Emotion.HAPPY,
    "기쁨": Emotion.HAPPY,
    "sad": Emotion.SAD,
    "sadness": Emotion.SAD,
    "슬픔": Emotion.SAD,
    "angry": Emotion.ANGRY,
    "anger": Emotion.ANGRY,
    "disgust": Emotion.ANGRY,
    "분노": Emotion.ANGRY,
    "anxious": Emotion.ANXIOUS,
    "fear": Emotion.ANXIOUS,
    "불안": Emotion.ANXIOUS,
    "startled": Emotion.STARTLED,
    "surprise": Emotion.STARTLED,
    "당황": Emotion.STARTLED,
    "neutral": Emotion.NEUTRAL,
    "중립": Emotion.NEUTRAL,
}
