"""Seed a year of plausible entries: moods drift, weekdays differ, bad weeks leave gaps.

No photo was read for these: the readings carry ``ensemble_version`` "demo" and no grid, and no file
is stored. Running it again changes nothing (entries are known by their submission id).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.utils import timezone

from accounts.choices import Purpose
from accounts.models import User
from accounts.seeding import SeedContext
from accounts.selectors import has_grant
from inference import Emotion
from moods.choices import EMOTION_PLANE, Feeling, Status, mood_of, plane_point
from moods.models import CheckIn, PhotoReading

VERSION: Final = "demo"
_NAMESPACE: Final = UUID("6d616575-6d00-4d65-8000-64656d6f0000")
#: Of the members who share, counted from 1: whom an officer should notice, sliding or falling silent.
TROUBLE: Final = {2: "decline", 4: "silence", 9: "decline", 13: "silence", 17: "decline"}
_LAST: Final = 14
#: How usual each hour from 7 to 22 is for writing: after breakfast and in the evening.
_HOURS: Final = (2, 4, 6, 5, 3, 2, 2, 2, 2, 2, 2, 3, 5, 6, 5, 2)
#: How each weekday lifts or weighs, Monday first: a well-known weekly shape, kept small.
_WEEKDAY: Final = (-0.10, -0.04, -0.02, 0.0, 0.08, 0.12, 0.05)
_BATCH: Final = 500

_NOTES: Final[dict[str, tuple[str, ...]]] = {
    "good": (
        "손주가 전화를 했어요. 목소리만 들어도 힘이 나요.",
        "아침에 공원을 두 바퀴 걸었더니 몸이 가벼워요.",
        "복지관에서 노래 교실을 했는데 참 즐거웠어요.",
        "옆집에서 김치를 나눠 주셨어요. 고마운 마음이에요.",
        "오랜만에 친구를 만나 칼국수를 먹었어요.",
        "화분에 꽃이 피었어요. 한참을 들여다봤네요.",
        "병원에서 혈압이 좋아졌다고 하네요.",
        "딸이 주말에 온다고 해서 장을 봐 왔어요.",
        "햇볕이 좋아서 이불을 널었어요. 개운해요.",
        "라디오에서 옛날 노래가 나와 따라 불렀어요.",
    ),
    "plain": (
        "별일 없이 하루가 갔어요.",
        "점심에 국수를 삶아 먹었어요.",
        "비가 와서 집에만 있었어요.",
        "텔레비전을 보다가 낮잠을 잤어요.",
        "시장에 다녀왔는데 사람이 많더라고요.",
        "약을 챙겨 먹고 일찍 누웠어요.",
        "빨래하고 청소하니 저녁이네요.",
        "오늘은 그냥 조용한 날이었어요.",
    ),
    "low": (
        "잠을 설쳐서 하루 종일 몸이 무거웠어요.",
        "무릎이 아파서 밖에 못 나갔어요.",
        "저녁이 되니 집이 너무 조용하네요.",
        "먼저 간 사람이 생각나서 사진을 꺼내 봤어요.",
        "입맛이 없어서 밥을 반만 먹었어요.",
        "연락 올 데가 없어서 전화기만 봤어요.",
        "자꾸 걱정이 돼서 가슴이 두근거렸어요.",
        "별것 아닌 일에 화를 냈어요. 미안해지네요.",
    ),
}
_TAGS: Final[dict[str, tuple[str, ...]]] = {
    "good": ("사람", "나들이", "날씨"),
    "plain": ("날씨", "약", "사람"),
    "low": ("잠", "통증", "약"),
}
#: Share of entries of each kind, and of reading outcomes among those with a photo.
_WITH_PHOTO: Final = 0.5
_UNSURE, _REJECTED = 0.08, 0.06
_REASONS: Final = ("dark", "blurred", "no_face", "turned_away", "covered")


@dataclass(frozen=True)
class Temper:
    """What one member is like: usual valence, how long moods last, how regularly they write."""

    usual: float
    lasting: float
    swing: float
    writes: float
    trouble: str | None


def seed_entries(context: SeedContext) -> None:
    """Seed entries for every member; each has a chance of their own, so more members change nobody."""
    seed = context.rng.getrandbits(64)
    made = sharing = 0
    for index, member in enumerate(context.members):
        if CheckIn.objects.filter(member=member).exists():
            continue
        rng = random.Random(f"{seed} {index}")  # noqa: S311 - demo data, no secret
        sharing += (shares := has_grant(member, Purpose.SHARE))
        trouble = TROUBLE.get(sharing % 20) if shares else None
        made += _seed_member(member, index, rng, context, trouble)
    context.say(f"moods: {made} entries")


def _seed_member(
    member: User, index: int, rng: random.Random, context: SeedContext, trouble: str | None
) -> int:
    temper = Temper(
        usual=rng.uniform(-0.15, 0.45),
        lasting=rng.uniform(0.6, 0.9),
        swing=rng.uniform(0.12, 0.3),
        writes=rng.uniform(0.65, 0.95),
        trouble=trouble,
    )
    entries, readings = [], []
    now = timezone.localtime(timezone=member.zone).replace(tzinfo=None)
    for number, (at, valence) in enumerate(_moments(temper, rng, context, with_today=index > 0)):
        if at > now:
            continue  # the rest of today has not happened yet
        entry = _entry(member, at, valence, rng)
        photo = rng.random() < _WITH_PHOTO
        if not photo and entry.mood is None:
            entry.mood = mood_of(valence)  # nobody leaves an entry that says nothing
        entry.submission = uuid5(_NAMESPACE, f"{context.today} {index} {number}")
        entry.uuid = uuid5(_NAMESPACE, f"entry {context.today} {index} {number}")
        entry.created_at = entry.at
        entries.append(entry)
        if photo:
            readings.append(_reading(entry, valence, rng))
    CheckIn.objects.bulk_create(entries, batch_size=_BATCH)
    PhotoReading.objects.bulk_create(readings, batch_size=_BATCH)
    return len(entries)


def _moments(
    temper: Temper, rng: random.Random, context: SeedContext, *, with_today: bool
) -> Iterator[tuple[datetime, float]]:
    """Walk the days: an AR(1) mood around the usual one, a weekday's lift, more gaps when low.

    The first member is the one people log in as; today is left for them to write.
    """
    drift = 0.0
    for back in range(context.days, -1 if with_today else 0, -1):
        day = context.today - timedelta(days=back)
        drift = temper.lasting * drift + rng.gauss(0, temper.swing)
        slide = (_LAST - back) / _LAST * 0.9 if temper.trouble == "decline" and back < _LAST else 0.0
        valence = max(-1.0, min(1.0, temper.usual + drift + _WEEKDAY[day.weekday()] - slide))
        silent = temper.trouble == "silence" and back < _LAST - 4
        writes = temper.writes + 0.25 * min(0.0, valence)
        skipped = rng.random() > writes
        if silent or skipped:
            continue
        yield from _day(day, valence, rng)


def _day(day: date, valence: float, rng: random.Random) -> Iterator[tuple[datetime, float]]:
    """Yield one moment, sometimes two or three."""
    for _ in range(rng.choices((1, 2, 3), (0.86, 0.11, 0.03))[0]):
        at = datetime.combine(day, time(rng.choices(range(7, 23), _HOURS)[0], rng.randrange(60)))
        yield at, max(-1.0, min(1.0, valence + rng.gauss(0, 0.1)))


def _entry(member: User, at: datetime, valence: float, rng: random.Random) -> CheckIn:
    kind = "good" if valence > 0.25 else "low" if valence < -0.25 else "plain"
    said = rng.random()
    return CheckIn(
        member=member,
        local_date=at.date(),
        local_time=at.time(),
        time_zone=member.time_zone,
        mood=mood_of(valence) if said < 0.8 else None,
        feeling=_nearest(valence, rng) if said < 0.3 or said > 0.93 else "",
        note=rng.choice(_NOTES[kind]) if rng.random() < 0.4 else "",
        tags=sorted(rng.sample(_TAGS[kind], rng.randint(1, 2))) if rng.random() < 0.35 else [],
    )


def _nearest(valence: float, rng: random.Random) -> str:
    """Choose the word that fits a valence, with some chance in it."""
    near = [(place.valence, emotion) for emotion, place in EMOTION_PLANE.items()]
    return Feeling(min(near, key=lambda pair: abs(pair[0] - valence) + rng.uniform(0, 0.25))[1].value)


def _reading(entry: CheckIn, valence: float, rng: random.Random) -> PhotoReading:
    """Make the reading that a photo of this moment might have got."""
    at = entry.at.astimezone(UTC)
    reading = PhotoReading(
        check_in=entry,
        attempts=1,
        queued_at=at,
        available_at=at,
        started_at=at + timedelta(seconds=1),
        finished_at=at + timedelta(seconds=2),
        ensemble_version=VERSION,
    )
    chance = rng.random()
    if chance < _REJECTED:
        reading.status, reading.reason = Status.REJECTED, rng.choice(_REASONS)
        reading.faces = 0 if reading.reason == "no_face" else 1
        return reading
    chances = _vote(valence, rng, sure=chance > _REJECTED + _UNSURE)
    best = max(chances, key=lambda name: chances[name])
    point = plane_point(chances)
    reading.status = Status.READ if chances[best] >= 0.4 else Status.UNSURE
    reading.reason = "" if reading.status == Status.READ else "low_confidence"
    reading.emotion, reading.confidence, reading.probabilities = best, chances[best], chances
    reading.valence, reading.arousal = (point.valence, point.arousal) if point else (None, None)
    reading.faces = 1
    _judge(entry, best, reading, rng)
    return reading


def _judge(entry: CheckIn, best: str, reading: PhotoReading, rng: random.Random) -> None:
    """Let the member agree or correct, as people do."""
    if reading.status != Status.READ:
        return
    if entry.feeling and entry.feeling != best:
        entry.corrected_at = entry.at + timedelta(minutes=rng.randint(1, 9))
    elif not entry.feeling and rng.random() < 0.3:
        entry.agreed, entry.agreed_to = True, best


def _vote(valence: float, rng: random.Random, *, sure: bool) -> dict[str, float]:
    """Draw a Dirichlet vote whose mean leans to the emotions near the mood."""
    sharp = 7.0 if sure else 0.6
    shares = {}
    for emotion in Emotion:
        distance = abs(EMOTION_PLANE[emotion].valence - valence)
        shares[str(emotion)] = rng.gammavariate(0.25 + sharp * max(0.0, 1 - 1.6 * distance) ** 2, 1.0) + 1e-6
    total = sum(shares.values())
    return {name: round(share / total, 4) for name, share in shares.items()}
