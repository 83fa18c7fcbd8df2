"""The words a network may answer with, and how other data sets' words map to them."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class ClassList:
    """The words one vote may answer with, in the order of its class layer.

    Attributes:
        name: of the preset.
        classes: each a word of its own; the order is part of every bundle made with it.
    """

    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"The class list {self.name} needs two or more different classes.")

    def __len__(self) -> int:
        return len(self.classes)

    def class_of(self, word: str) -> str | None:
        """Map a data set's own word, in any case, to one of these classes; None if it has none.

        >>> PRESETS["six"].class_of("Fear"), PRESETS["five"].class_of("fear")
        ('anxious', None)
        """
        word = word.strip().lower()
        if word in self.classes:
            return word
        found = SOURCE_NAMES.get(word) or (HURT if word in _HURT_NAMES else None)
        if found in self.classes:
            return str(found)
        pole = _KFACE.get(str(found))
        return pole if pole in self.classes else None


#: The seventh class of the AI-Hub Korean set: a training option, never served (DESIGN.md).
HURT: Final = "hurt"
_HURT_NAMES: Final = frozenset({"hurt", "상처"})
#: K-FACE's three classes, for pre-training, and which of ours falls into which.
_KFACE: Final[dict[str, str]] = {
    "happy": "positive",
    "neutral": "neutral",
    "sad": "negative",
    "angry": "negative",
    "anxious": "negative",
    "hurt": "negative",
}

SIX: Final = ClassList("six", tuple(e.value for e in EMOTIONS))
PRESETS: Final[dict[str, ClassList]] = {
    "six": SIX,
    "seven": ClassList("seven", (*SIX.classes, HURT)),
    "five": ClassList("five", tuple(c for c in SIX.classes if c != Emotion.ANXIOUS)),
    "kface3": ClassList("kface3", ("neutral", "positive", "negative")),
}
