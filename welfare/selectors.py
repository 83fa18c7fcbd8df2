"""What an officer's pages show, in a number of queries that does not grow with the clients."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from django.core.paginator import Page, Paginator
from django.utils import timezone

from accounts.models import AccessEntry, Grant, User
from moods.choices import Mood, mood_of, mood_valence
from moods.selectors import LastEntry, day_points, last_entries
from welfare.choices import Action, Sort
from welfare.policies import trends
from welfare.sparks import CHART, Day, Drawing, Frame, draw, timeline
from welfare.trends import Change, Tally, change_of, change_words, line_words, tally
from welfare.words import QUIET_DAYS, age_in, days_since, last_words

SPARK_DAYS: Final = 14
TREND_DAYS: Final = 60
PAGE_SIZE: Final = 50
#: How long one given reason keeps a client's page open for the officer who gave it.
REASON_HOLDS: Final = timedelta(minutes=30)


@dataclass
class Client:
    """One consenting person as the list shows them; ``days`` is empty until the line is read."""

    user: User
    grant: Grant
    today: date
    last: LastEntry | None
    days: tuple[Day, ...] = ()

    @property
    def name(self) -> str:
        """Return the person's name."""
        return self.user.name

    @property
    def age(self) -> int | None:
        """Return the age reached this year."""
        return age_in(self.today.year, self.user.birth_year)

    @property
    def silent_days(self) -> int | None:
        """Return days since the last entry; None for somebody who never wrote."""
        return None if self.last is None else days_since(self.last.date, self.today)

    @property
    def is_quiet(self) -> bool:
        """Say whether the list points out the silence."""
        return self.silent_days is None or self.silent_days >= QUIET_DAYS

    @property
    def wrote_today(self) -> bool:
        """Say whether an entry was left today, at the person's own place."""
        return self.silent_days == 0

    @property
    def last_words(self) -> str:
        """Say when the last entry was."""
        return last_words(self.last.date if self.last else None, self.today)

    @cached_property
    def change(self) -> Change | None:
        """Compare the last two weeks."""
        return change_of(self.days)

    @property
    def change_words(self) -> str:
        """Say a notable change in a sentence."""
        return change_words(self.change)

    @property
    def spark(self) -> Drawing:
        """Return the small line."""
        return draw(self.days)

    @property
    def spark_words(self) -> str:
        """Return the small line in words."""
        return line_words(self.days, self.change)


@dataclass(frozen=True)
class ClientList:
    """The officer's list: one page of it, and what the sentence above it says of everybody."""

    page: Page[Client]
    sort: Sort
    query: str
    everybody: int
    wrote_today: int
    quiet: int


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    date: date


@dataclass(frozen=True)
class Level:
    """A labelled height of the chart: SVG units, and the share of the frame from its top in percent."""

    word: str
    y: float
    share: float


@dataclass(frozen=True)
class Trend:
    """One client's line over TREND_DAYS, with everything its table and words need."""

    days: tuple[Day, ...]
    drawing: Drawing
    ticks: tuple[Tick, ...]
    levels: tuple[Level, ...]
    tally: Tally
    words: str

    @property
    def rows(self) -> list[tuple[date, str, bool]]:
        """Return the days that have anything, newest first: date, nearest mood in words, own word."""
        told = [(day.date, day.valence, day.own) for day in reversed(self.days)]
        return [(day, str(mood_of(valence).label), own) for day, valence, own in told if valence is not None]


def client_list(officer: User, *, sort: str = "", query: str = "", page: str | int | None = 1) -> ClientList:
    """Return a page of the officer's clients; an unknown sort or page falls back to the first.

    Four queries besides the roles: grants, clients, last entries, points.
    """
    order = Sort(sort) if sort in Sort.values else Sort.LAST
    clients = _clients_of(officer)
    found = [client for client in clients if _folded(query) in _folded(client.name)]
    if order == Sort.TREND:
        _read_days(found, SPARK_DAYS)
    found.sort(key=_SORT_KEYS[order])
    shown = Paginator(found, PAGE_SIZE).get_page(page)
    if order != Sort.TREND:
        _read_days(list(shown.object_list), SPARK_DAYS)
    return ClientList(
        page=shown,
        sort=order,
        query=query.strip(),
        everybody=len(clients),
        wrote_today=sum(client.wrote_today for client in clients),
        quiet=sum(client.is_quiet for client in clients),
    )


def client_for(officer: User, member: uuid.UUID) -> Client | None:
    """Return one client without any of their data, or None without an active grant."""
    grants = trends.grants_to(officer)
    user = trends.visible_to(officer, grants).filter(uuid=member).first()
    if user is None:
        return None
    return Client(user, grants[user.subject_key.subject], _today_of(user, timezone.now()), None)


def reason_given(officer: User, client: Client) -> AccessEntry | None:
    """Return the entry by which the officer has this client's page open right now, if there is one.

    The ledger itself is the key: no session flag can outlive it, and a withdrawn or renewed grant
    asks again.
    """
    since = timezone.now() - REASON_HOLDS
    entries = AccessEntry.objects.filter(actor=officer, action=Action.CLIENT, at__gte=since)
    entry: AccessEntry | None = (
        entries.filter(subject=client.grant.subject, grant=client.grant.grant).order_by("sequence").last()
    )
    return entry


def trend_of(client: Client) -> Trend:
    """Return a client's line over the last TREND_DAYS, in one query."""
    _read_days([client], TREND_DAYS)
    return Trend(
        days=client.days,
        drawing=draw(client.days, CHART),
        ticks=_ticks(client.days, CHART),
        levels=_levels(CHART),
        tally=tally(client.days),
        words=line_words(client.days, client.change),
    )


def _clients_of(officer: User) -> list[Client]:
    """Return every client of the officer with their last entry, in three queries."""
    grants = trends.grants_to(officer)
    users = list(trends.visible_to(officer, grants))
    last = last_entries([user.pk for user in users])
    now = timezone.now()
    return [
        Client(user, grants[user.subject_key.subject], _today_of(user, now), last.get(user.pk))
        for user in users
    ]


def _today_of(user: User, now: datetime) -> date:
    return now.astimezone(user.zone).date()


def _read_days(clients: Sequence[Client], count: int) -> None:
    """Fill the lines of many clients in one query; their todays may lie a day apart."""
    if not clients:
        return
    start = min(client.today for client in clients) - timedelta(days=count - 1)
    end = max(client.today for client in clients)
    points = day_points([client.user for client in clients], start, end)
    for client in clients:
        client.days = timeline(points[client.user.pk], client.today, count)


def _ticks(days: Sequence[Day], frame: Frame) -> tuple[Tick, ...]:
    """Return the first day, the middle and the last day of an axis."""
    places = (0, len(days) // 2, len(days) - 1)
    return tuple(Tick(frame.x(place, len(days)), days[place].date) for place in places)


def _levels(frame: Frame) -> tuple[Level, ...]:
    """Return the heights of three steps of the mood scale, in the person's words for them."""
    heights = ((mood, frame.y(mood_valence(mood))) for mood in (Mood.PLEASANT, Mood.NEUTRAL, Mood.UNPLEASANT))
    return tuple(Level(str(mood.label), y, round(100 * y / frame.height, 1)) for mood, y in heights)


def _folded(text: str) -> str:
    """Return text as it is compared: composed Hangul (a Mac sends it decomposed), no case, no spaces."""
    return "".join(unicodedata.normalize("NFC", text).casefold().split())


def _by_last(client: Client) -> tuple[bool, int, str]:
    """Order by silence, the longest first; who never wrote comes before everybody."""
    return client.last is not None, -(client.silent_days or 0), client.name


def _by_trend(client: Client) -> tuple[bool, float, str]:
    """Order by change, the deepest fall first; where nothing can be compared, last."""
    return client.change is None, client.change.by if client.change else 0.0, client.name


def _by_name(client: Client) -> tuple[str, int]:
    return client.name, client.user.pk


_SORT_KEYS: Final = {Sort.LAST: _by_last, Sort.TREND: _by_trend, Sort.NAME: _by_name}
