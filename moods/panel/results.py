"""From rows to the results of a study, and to the table that traces every number back to them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from moods.panel.choices import Half, MachineState
from moods.panel.models import Answer, Face, Participant, Study
from moods.panel.statistics import Item, Part, Said, Score, part, score

#: Columns of the table; names of people and of data-set files are not among them.
COLUMNS = (
    "person", "finished", "face", "half", "label", "answer", "answered_at",
    "machine_state", "machine_reason", "machine_guess", "machine_version",
)  # fmt: skip


@dataclass(frozen=True)
class Results:
    """A study in numbers; only those who finished are counted.

    Attributes:
        parts: the data-set half, the own half, and both together.
        names: how each person who finished is called on the page, by row number.
        unfinished: people who began and have not finished.
        versions: the ensembles that answered.
    """

    parts: tuple[Part, ...]
    names: dict[int, str]
    unfinished: int
    versions: tuple[str, ...]

    @property
    def both(self) -> Part:
        """Return the part over all faces."""
        return self.parts[-1]


@dataclass(frozen=True)
class OwnScore:
    """One person beside the ensemble on the faces that this person was asked."""

    half: Half | None
    person: Score
    machine: Score
    unread: int


def results_of(study: Study) -> Results:
    """Work out a study from its rows, in four queries."""
    items = [_item(face) for face in study.faces.all()]
    people = list(study.participants.order_by("consented_at", "pk").select_related("user"))
    done = {one.pk: label for one, label in _named(people) if one.finished_at is not None}
    rows = Answer.objects.filter(participant__in=done, answered_at__isnull=False)
    said = [Said(*row) for row in rows.values_list("participant_id", "face_id", "feeling")]
    versions = study.faces.exclude(machine_version="").values_list("machine_version", flat=True)
    return Results(
        parts=tuple(part(items, said, list(done), half) for half in (*Half, None)),
        names=done,
        unfinished=len(people) - len(done),
        versions=tuple(sorted(set(versions))),
    )


def own_scores(participant: Participant) -> list[OwnScore]:
    """Return how one person did on each half and on both, with the ensemble on the very same faces."""
    answers = participant.answers.filter(answered_at__isnull=False).select_related("face")
    rows = [(row.feeling, _item(row.face)) for row in answers]
    found = []
    for half in (*Half, None):
        mine = [(feeling, item) for feeling, item in rows if half in (None, item.half)]
        read = [item for _, item in mine if item.state not in (MachineState.QUEUED, MachineState.RUNNING)]
        machine = score(
            (item.label, item.machine if item.state == MachineState.READ else "") for item in read
        )
        person = score((item.label, feeling) for feeling, item in mine)
        found.append(OwnScore(half, person, machine, len(mine) - len(read)))
    return found


def table_of(study: Study) -> str:
    """Return every answer of a study as CSV; people are numbers, in the order in which they began."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_lines(study))
    return out.getvalue()


def _lines(study: Study) -> Iterator[tuple[object, ...]]:
    people = study.participants.order_by("consented_at", "pk").values_list("pk", "finished_at")
    number = {pk: place for place, (pk, _finished) in enumerate(people, start=1)}
    finished = {pk for pk, at in people if at is not None}
    rows = Answer.objects.filter(face__study=study, answered_at__isnull=False).select_related("face")
    for row in rows.order_by("participant__consented_at", "participant_id", "answered_at", "pk"):
        face = row.face
        yield (
            number[row.participant_id],
            int(row.participant_id in finished),
            face.uuid,
            face.half,
            face.label,
            row.feeling,
            row.answered_at.isoformat() if row.answered_at else "",
            face.machine_state,
            face.machine_reason,
            face.machine_emotion,
            face.machine_version,
        )


def _item(face: Face) -> Item:
    return Item(face.pk, Half(face.half), face.label, face.machine_emotion, MachineState(face.machine_state))


def _named(people: list[Participant]) -> Iterator[tuple[Participant, str]]:
    for place, one in enumerate(people, start=1):
        yield one, f"{place}. {one.name}" if one.name else str(place)
