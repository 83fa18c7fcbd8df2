"""Demo entries: plausible, the same for the same seed, honest about what they are."""

from __future__ import annotations

import random
from datetime import date

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts import demo as accounts_demo
from accounts import seeding
from accounts.models import User
from accounts.seeding import SeedContext
from moods import demo
from moods.choices import FINAL, Status
from moods.models import CheckIn, PhotoReading
from tests.people import make_member, make_organisation, share_with

TODAY = date(2026, 6, 1)


def people(count: int) -> list[User]:
    return [make_member(f"demo{number}@example.org") for number in range(count)]


def seed(members: list[User], *, chance: int = 7, days: int = 120) -> None:
    context = SeedContext(random.Random(chance), len(members), days, TODAY, lambda _line: None)
    context.members = members
    demo.seed_entries(context)


def picture(member: User) -> list[tuple[object, ...]]:
    fields = (
        "uuid",
        "local_date",
        "local_time",
        "mood",
        "feeling",
        "note",
        "reading__emotion",
        "reading__valence",
    )
    return list(CheckIn.objects.filter(member=member).order_by("uuid").values_list(*fields))


def test_same_seed_gives_the_same_entries_and_seeding_again_adds_none(db: None) -> None:
    members = people(3)
    seed(members)
    first = [picture(member) for member in members]
    seed(members)
    assert [picture(member) for member in members] == first
    CheckIn.objects.all().delete()
    seed(members)
    assert [picture(member) for member in members] == first
    CheckIn.objects.all().delete()
    seed(members, chance=8)
    assert [picture(member) for member in members] != first


def test_seeded_readings_say_that_no_photo_was_read(db: None) -> None:
    seed(people(4))
    readings = PhotoReading.objects.all()
    assert 0.35 < readings.count() / CheckIn.objects.count() < 0.65
    assert set(readings.values_list("ensemble_version", flat=True)) == {"demo"}
    assert set(readings.values_list("status", flat=True)) <= set(FINAL)
    assert not readings.exclude(photo="").exists()
    assert not readings.exclude(grid=None).exists()
    for reading in readings.filter(status=Status.READ):
        assert sum(share for _name, share in reading.chances) == pytest.approx(1, abs=0.001)
        assert reading.emotion == reading.chances[0][0]


def test_days_have_gaps_and_some_days_several_entries(db: None) -> None:
    [member] = people(1)
    seed([member])
    days = list(CheckIn.objects.values_list("local_date", flat=True))
    assert 50 < len(set(days)) < 119
    assert len(days) > len(set(days))
    assert max(days) < TODAY


def test_every_seeded_entry_says_something(db: None) -> None:
    seed(people(2))
    silent = CheckIn.objects.filter(mood=None, feeling="", note="", reading=None)
    assert CheckIn.objects.exists()
    assert not silent.exists()


def test_some_of_those_who_share_slide_and_some_fall_silent(db: None) -> None:
    members = people(5)
    centre = make_organisation()
    for one in members:
        share_with(one, centre)
    seed(members)
    silent = CheckIn.objects.filter(member=members[3]).latest("local_date").local_date
    assert (TODAY - silent).days > 7
    sliding = CheckIn.objects.filter(member=members[1], mood__isnull=False).order_by("local_date")
    moods = [(entry.local_date, entry.mood or 0) for entry in sliding]
    last = [mood for day, mood in moods if (TODAY - day).days <= 7]
    before = [mood for day, mood in moods if (TODAY - day).days > 14]
    assert sum(last) / len(last) < sum(before) / len(before) - 1


def test_command_refuses_outside_a_demo_installation(db: None, settings: LazySettings) -> None:
    settings.MAEUM_DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="MAEUM_DEMO=1"):
        call_command("seed_demo", members=1, days=1)


def test_seeding_that_breaks_off_leaves_nothing_half_made(
    db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(_context: SeedContext) -> None:
        raise KeyboardInterrupt

    settings.MAEUM_DEMO = True
    monkeypatch.setattr(
        seeding, "_SEEDERS", {"people": (1, accounts_demo.seed_people), "entries": (2, broken_off)}
    )
    with pytest.raises(KeyboardInterrupt):
        call_command("seed_demo", members=2, days=2)
    assert not User.objects.exists()


def test_command_leaves_people_who_are_there_alone(member: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo", "--if-empty")
    assert "nothing was seeded" in capsys.readouterr().out
    assert CheckIn.objects.count() == 0
