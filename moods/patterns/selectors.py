"""Reads of the patterns page: a member's rows, in one query."""

from __future__ import annotations

import json
from functools import cache

from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.models import User
from moods.choices import Status
from moods.models import CheckIn
from moods.patterns.units import Row
from moods.selectors import own_point


def rows_of(member: User) -> list[Row]:
    """Return every entry of a member: the person's own word first, then a READ reading, else none.

    The same rule as ``moods.selectors.mood_point``, without making a model of each of ten years' rows.
    """
    # Few sets of tags and few words come again and again: each is worked out once.
    tags_in, point = cache(_tags_in), cache(own_point)
    found = CheckIn.objects.filter(member=member).values_list(
        "local_date",
        "local_time",
        "mood",
        "feeling",
        Cast("tags", TextField()),
        "reading__status",
        "reading__valence",
    )
    rows = []
    for day, moment, mood, feeling, tags, status, guess in found.order_by():
        own = point(mood, feeling)
        valence = own.valence if own else guess if status == Status.READ else None
        rows.append(Row(day, moment.hour, valence, own is not None, tags_in(tags)))
    return rows


def _tags_in(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))
