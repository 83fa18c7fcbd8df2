"""What the pages need to know of an entry, gathered once; and the door to one entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404

from accounts.http import PersonRequest
from accounts.models import User
from moods import heat_map, messages, selectors
from moods.choices import Status
from moods.models import CheckIn, PhotoReading
from moods.policies import entries_visible_to
from moods.words import doubt, looked_at


@dataclass(frozen=True)
class Shown:
    """One entry as a page shows it: the person's word first, the machine's guess after."""

    check_in: CheckIn
    reading: PhotoReading | None
    feeling: str
    own: bool

    @property
    def guess(self) -> PhotoReading | None:
        """Return the reading if it says something."""
        return self.reading if self.reading and self.reading.status == Status.READ else None

    @property
    def waiting(self) -> bool:
        """Say whether work on the photo goes on."""
        return self.reading is not None and not self.reading.is_final

    @property
    def otherwise(self) -> messages.Told | None:
        """Return what to say about a finished reading that says nothing."""
        reading = self.reading
        if reading is None or not reading.is_final or reading.status == Status.READ:
            return None
        return messages.outcome(reading.status, reading.reason)

    @property
    def agreed(self) -> bool:
        """Say whether the member has said that this very guess is right."""
        return self.check_in.agreed and self.check_in.agreed_to in (
            "",
            self.guess.emotion if self.guess else "",
        )

    @property
    def agreed_before(self) -> str:
        """Return an earlier guess the member agreed to, if the photo has since been read differently."""
        return self.check_in.agreed_to if self.guess and self.check_in.agreed and not self.agreed else ""

    @property
    def sure(self) -> str:
        """Say how sure the guess is."""
        return doubt(self.guess.confidence or 0.0)[0] if self.guess else ""

    @property
    def of_ten(self) -> str:
        """Say how many of ten such photos were right."""
        return doubt(self.guess.confidence or 0.0)[1] if self.guess else ""

    @property
    def looked_at(self) -> str:
        """Say which part of the face weighed most, if that is known."""
        return looked_at(self.guess.grid) if self.guess and self.guess.grid else ""

    @property
    def heat_here(self) -> bool:
        """Say whether what the ensemble looked at can be drawn over the photo."""
        return self.photo_here and self.reading is not None and heat_map.can_draw(self.reading)

    @property
    def looked_at_photo(self) -> str:
        """Say which part of the face weighed most, also where the ensemble was not sure."""
        return looked_at(self.reading.grid) if self.reading and self.reading.grid else ""

    @property
    def photo_here(self) -> bool:
        """Say whether the photo is kept just now."""
        return bool(self.reading and self.reading.photo)

    @property
    def photo_until(self) -> datetime | None:
        """Return when the photo goes, at the member's place."""
        until = self.reading.photo_until if self.reading and self.reading.photo else None
        return until.astimezone(self.check_in.member.zone) if until else None

    @property
    def can_retry(self) -> bool:
        """Say whether a failed reading can be tried again."""
        return self.photo_here and self.reading is not None and self.reading.status == Status.FAILED


def shown(check_in: CheckIn) -> Shown:
    """Gather what a page shows of an entry."""
    found = selectors.shown_feeling(check_in)
    feeling, own = found or ("", False)
    return Shown(check_in, selectors.reading_of(check_in), feeling, own)


def own_entry(request: PersonRequest, uuid: UUID) -> CheckIn:
    """Return one's own entry; anybody else's, or none, is a 404, so that nothing leaks."""
    entry = entries_visible_to(request.user).filter(uuid=uuid).select_related("reading", "member").first()
    if entry is None:
        raise Http404
    return entry


def latest_with_point(member: User, entries: list[Shown]) -> Any:
    """Return the newest of the entries (oldest first) that music can be chosen for."""
    return next(
        (each.check_in for each in reversed(entries) if selectors.mood_point(each.check_in) is not None), None
    )
