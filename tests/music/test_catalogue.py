"""The shipped catalogue is real, balanced and free to use; a broken file loads nothing."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from music.catalogue import COLUMNS, ID, CatalogueError, Row, read
from music.choices import Licence, MoodWord
from music.models import Track, TrackSource
from music.services import CATALOGUE, catalogue_load

ROWS = read(CATALOGUE)
ENABLED = [row for row in ROWS if row.enabled]


def test_catalogue_has_enough_tracks_and_most_can_be_played() -> None:
    assert len(ROWS) >= 120
    assert len(ENABLED) >= 100


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_every_row_is_placed_named_and_sourced(row: Row) -> None:
    assert -1 <= row.valence <= 1
    assert -1 <= row.arousal <= 1
    assert 0 <= row.energy <= 1
    assert bool(row.youtube_id) != bool(row.audio_url)
    assert not row.youtube_id or ID.fullmatch(row.youtube_id)
    assert row.reason
    assert row.composer_ko
    assert row.mood_words
    assert set(row.mood_words) <= set(MoodWord.values)


def test_no_licence_forbids_commercial_use() -> None:
    assert not [value for value in Licence.values if "nc" in value.split("-")]
    assert not [row for row in ROWS if "-nc" in row.licence_url or "NC" in row.source]
    assert not [row for row in ROWS if "emopia" in row.source.lower() or "jamendo" in row.source.lower()]


def test_uncertain_audio_waits_for_a_curator() -> None:
    uncertain = [row for row in ROWS if row.licence_confidence != "high"]
    assert uncertain
    assert not [row for row in uncertain if row.enabled]


def test_every_quadrant_and_the_middle_have_ten_tracks_that_play() -> None:
    quadrants = Counter((row.valence >= 0, row.arousal >= 0) for row in ENABLED)
    assert len(quadrants) == 4
    assert min(quadrants.values()) >= 10
    middle = [row for row in ENABLED if abs(row.valence) <= 0.2 and abs(row.arousal) <= 0.2]
    assert len(middle) >= 10


def test_loading_twice_changes_nothing(catalogue: None) -> None:
    assert Track.objects.count() == len(ROWS)
    again = catalogue_load(CATALOGUE)
    assert (again.created, again.changed, again.same) == (0, 0, len(ROWS))
    assert TrackSource.objects.count() == len(ROWS)


def test_loading_again_leaves_a_curators_switch_and_a_checked_state_alone(catalogue: None) -> None:
    track = Track.objects.playable().first()
    assert track is not None
    Track.objects.filter(pk=track.pk).update(enabled=False)
    track.sources.update(state="quarantined")
    catalogue_load(CATALOGUE)
    track.refresh_from_db()
    assert track.enabled is False
    assert track.sources.get().state == "quarantined"


def test_loading_brings_back_a_changed_title(catalogue: None) -> None:
    row = ROWS[0]
    Track.objects.filter(slug=row.slug).update(title="?")
    assert catalogue_load(CATALOGUE, only_new=True).changed == 0
    assert catalogue_load(CATALOGUE).changed == 1
    assert Track.objects.get(slug=row.slug).title == row.title


def write_csv(folder: Path, **changes: str) -> Path:
    """Write a file of one good row with some cells changed."""
    with CATALOGUE.open(encoding="utf-8") as file:
        good = next(csv.DictReader(file))
    path = folder / "tracks.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow({**good, **changes})
    return path


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"valence": "1.2"}, "valence"),
        ({"arousal": "nan"}, "arousal"),
        ({"energy": "loud"}, "energy"),
        ({"youtube_id": "short"}, "short"),
        ({"youtube_id": ""}, "YouTube"),
        ({"licence": "cc-by-nc"}, "cc-by-nc"),
        ({"mood_words": "잔잔한;졸린"}, "졸린"),
        ({"audio_url": "http://example.org/a.mp3", "audio_page": "https://example.org"}, "https"),
        ({"licence_confidence": "medium"}, "큐레이터"),
        ({"title": ""}, "title"),
    ],
)
def test_a_broken_row_is_named_with_its_line_and_nothing_is_stored(
    db: None, tmp_path: Path, changes: dict[str, str], word: str
) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue_load(write_csv(tmp_path, **changes))
    assert any("2번째 줄" in problem and word in problem for problem in caught.value.problems)
    assert Track.objects.count() == 0
