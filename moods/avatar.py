"""Faces drawn from parts: six feelings, each in three strengths, on a 48-unit grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from moods.choices import Feeling, Mood

#: Left brow of each feeling, from weak to strong; the right one is its mirror.
_BROWS: Final[dict[str, tuple[str, str, str]]] = {
    "happy": ("M13.5 17Q16.5 15.3 19.5 16.4", "M13 16.2Q16.5 13.8 20 15.6", "M12.8 15.4Q16.5 12.4 20.2 14.8"),
    "sad": ("M13.2 18Q16.5 17.6 19.6 15.8", "M12.8 18.6Q16.5 17.8 20 14.8", "M12.4 19Q16.5 17.6 20.4 13.8"),
    "angry": ("M13 15.8L19.8 17.6", "M12.8 14.6L20.4 18", "M12.4 13.6L20.8 18.4"),
    "anxious": ("M13 16.8Q16.5 16.6 19.6 15.2", "M12.6 16.8Q16.2 16.4 19.8 14", "M12.2 16.6Q16 15.8 20 12.8"),
    "startled": (
        "M13.2 15.4Q16.6 13.2 19.8 14.8",
        "M12.8 14Q16.6 11.2 20 13.4",
        "M12.4 12.6Q16.6 9.2 20.4 12",
    ),
    "neutral": (
        "M13.6 16.6Q16.6 15.6 19.6 16.4",
        "M13.4 16.2Q16.6 15 19.8 16",
        "M13.2 15.8Q16.6 14.4 20 15.6",
    ),
}


class Look(NamedTuple):
    """What a face shows: a feeling and how strongly, 1 to 3."""

    feeling: str
    strength: int


def look_of(feeling: str, mood: int | None = None, confidence: float | None = None) -> Look:
    """Choose the face for a word.

    A person's step of mood sets the strength, else the machine's probability does: below one half
    it is faint, from three quarters on it is full. A mood without a feeling borrows the face of
    joy, of calm or of sadness, because a drawing needs a mouth; the words beside it stay the mood's.
    """
    if feeling:
        if mood is not None:
            return Look(feeling, min(3, max(1, abs(mood))))
        if confidence is None:
            return Look(feeling, 2)
        return Look(feeling, 1 if confidence < 0.5 else 2 if confidence < 0.75 else 3)
    if not mood:
        return Look(Feeling.NEUTRAL, 2)
    return Look(Feeling.HAPPY if mood > 0 else Feeling.SAD, abs(mood))


def face(look: Look, *, size: int = 48, label: str = "", edge: str = "") -> SafeString:
    """Draw a face of ``size`` CSS pixels; without a label it is decoration."""
    return format_html(
        '<svg class="face {}" viewBox="0 0 48 48" {} style="width:{rem}rem;height:{rem}rem">{}{}</svg>',
        edge,
        _aria(label),
        _ground(look.feeling),
        _parts(look),
        rem=size / 16,
    )


def outline(grid: Sequence[Sequence[float]], *, label: str, size: int = 160) -> SafeString:
    """Draw where the ensemble looked: a coarse grid (rows of 0..1) over the bare outline of a face.

    The grid covers the aligned crop, so it fills the square, and the outline has its eyes, nose and
    mouth where ``inference._crop.LAYOUT`` puts them. Cells under a third of the strongest are left
    out: the map is coarse, and faint squares would only look exact.
    """
    strongest = max((value for row in grid for value in row), default=0.0)
    height = 48 / max(1, len(grid))
    cells = [
        tuple(
            f"{number:.2f}"
            for number in (x * 48 / len(row), y * height, 48 / len(row), height, 0.6 * value / strongest)
        )
        for y, row in enumerate(grid)
        for x, value in enumerate(row)
        if strongest > 0 and value >= strongest / 3
    ]
    squares = format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" opacity="{}"/>', cells)
    return format_html(
        '<svg class="outline" viewBox="0 0 48 48" {} style="width:{rem}rem;height:{rem}rem">{}'
        '<g class="cells">{}</g></svg>',
        _aria(label),
        mark_safe(_OUTLINE),  # noqa: S308  a constant of this file
        squares,
        rem=size / 16,
    )


def mouth(step: int) -> SafeString:
    """Draw one of the seven mouths of the mood scale, -3 to 3."""
    path = f"M5 {12 - step * 1.3:.1f}Q12 {12 + step * 3.2:.1f} 19 {12 - step * 1.3:.1f}"
    return format_html('<svg class="mouth" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', path)


def mood_look(mood: int) -> Look:
    """Return the face that stands for one of the seven steps."""
    return look_of("", Mood(mood).value)


def _aria(label: str) -> SafeString:
    if not label:
        return mark_safe('aria-hidden="true"')
    return format_html('role="img" aria-label="{}"', label)


def _ground(feeling: str) -> SafeString:
    return format_html(
        '<rect x=".75" y=".75" width="46.5" height="46.5" rx="14.5" fill="var(--{0})" stroke="var(--{0}-ink)"'
        ' stroke-width="1.5"/><circle cx="24" cy="24.6" r="18.6" fill="var(--tone-2)"'
        ' stroke="var(--feature)" stroke-opacity=".45"/>',
        feeling,
    )


def _parts(look: Look) -> SafeString:
    at = look.strength - 1
    brow = _both(_BROWS[look.feeling][at], 3 if look.feeling == Feeling.ANGRY else 2.3)
    return mark_safe(brow + _EYES[look.feeling][at] + _MOUTHS[look.feeling][at])  # noqa: S308  constants only


def _line(path: str, width: float = 2.6) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="var(--feature)" stroke-width="{width}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _both(path: str, width: float = 2.6) -> str:
    """Draw a left feature and its mirror about x = 24."""
    drawn = _line(path, width)
    return f'{drawn}<g transform="matrix(-1 0 0 1 48 0)">{drawn}</g>'


def _dots(y: float = 22.5, rx: float = 2.1, ry: float = 2.5) -> str:
    return "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="var(--feature)"/>' for x in (17, 31)
    )


def _wide(radius: float, pupil: float, drop: float = 0) -> str:
    return "".join(
        f'<circle cx="{x}" cy="22.5" r="{radius}" fill="#fff" stroke="var(--feature)" stroke-width="1.6"/>'
        f'<circle cx="{x}" cy="{22.5 + drop}" r="{pupil}" fill="var(--feature)"/>'
        for x in (17, 31)
    )


def _oval(y: float, rx: float, ry: float) -> str:
    return f'<ellipse cx="24" cy="{y}" rx="{rx}" ry="{ry}" fill="var(--feature)"/>'


_TEAR: Final = '<path d="M14.6 27.2q-2.3 3.6 0 4.8 2.4-1.1 0-4.8z" fill="#fff" stroke="var(--feature)" stroke-width="1.2"/>'
_LAUGH: Final = (
    '<path d="M15.6 29.6H32.4Q31.4 38.6 24 38.6 16.6 38.6 15.6 29.6Z" fill="var(--feature)"'
    ' stroke="var(--feature)" stroke-width="1.6" stroke-linejoin="round"/>'
    '<path d="M18.2 30.4H29.8V32.6Q24 33.8 18.2 32.6Z" fill="#fff"/>'
)
_EYES: Final[dict[str, tuple[str, str, str]]] = {
    "happy": (_dots(), _both("M13.8 23.4Q17 19.8 20.2 23.4"), _both("M13.2 24Q17 18.8 20.8 24")),
    "sad": (
        _dots(23, 2.1, 2.2),
        _dots(23.2, 2.1, 2.1) + _both("M14 21.2Q16.6 20.2 20 21", 1.5),
        _both("M13.6 22.6Q17 25.6 20.4 22.6") + _TEAR,
    ),
    "angry": (_dots(22.8, 2.2, 1.9), _dots(23, 2.4, 1.9), _dots(23.2, 2.6, 2)),
    "anxious": (_dots(22.5, 1.9, 2.3), _wide(3.4, 1.5, 0.3), _wide(4.2, 1.5, 0.5)),
    "startled": (_wide(3.6, 1.8), _wide(4.3, 1.8), _wide(5, 1.9)),
    "neutral": (_dots(22.6, 2, 2.2), _dots(22.6, 2.1, 2.3), _dots(22.6, 2.2, 2.4)),
}
_MOUTHS: Final[dict[str, tuple[str, str, str]]] = {
    "happy": (_line("M18.5 31.2Q24 34.8 29.5 31.2"), _line("M16.8 30.2Q24 37.6 31.2 30.2"), _LAUGH),
    "sad": (
        _line("M19 33.6Q24 30.8 29 33.6"),
        _line("M18 35Q24 29.6 30 35"),
        _line("M17 36.2Q24 28.4 31 36.2"),
    ),
    "angry": (
        _line("M19 33.2L29 32"),
        _line("M18 34.4Q24 30.8 30 33.8", 3),
        _line("M16.6 35L20.2 31.2 24 35 27.8 31.2 31.4 35"),
    ),
    "anxious": (
        _line("M19 33Q21.5 31.4 24 33 26.5 34.6 29 33"),
        _line("M17.6 33.2Q20 30.4 22.4 33.2 24.8 36 27.2 33.2 28.8 31.4 30.4 32.6"),
        _line("M16.4 33.4Q18.6 29.4 20.8 33.4 23 37.4 25.2 33.4 27.4 29.4 29.6 33.4 30.6 35.2 31.6 34.6"),
    ),
    "startled": (_oval(33.4, 2.4, 2.8), _oval(33.8, 3.2, 4), _oval(34.2, 4, 5.2)),
    "neutral": (_line("M20 33H28"), _line("M18.6 33H29.4"), _line("M17.4 33H30.6")),
}
#: Brows, eyes, nose and mouth of nobody, where an aligned crop has them.
_OUTLINE: Final = (
    '<path class="skin" d="M3 22Q3 -6 24 -6T45 22Q45 46 24 50 3 46 3 22Z"/><g class="lines">'
    '<path d="M9.4 13.4Q14.6 10.4 19.6 12.6M28.4 12.6Q33.4 10.4 38.6 13.4"/>'
    '<path d="M11.2 18.4Q15.2 15.2 19.2 18.4 15.2 20.8 11.2 18.4ZM28.8 18.4Q32.8 15.2 36.8 18.4 32.8 20.8 28.8 18.4Z"/>'
    '<path d="M24.6 19V27Q23.6 30.4 21.2 29M16.9 36.1Q24 40.6 31.1 36.1M16.9 36.1Q20.6 34.4 24 35.4 27.4 34.4 31.1 36.1"/>'
    "</g>"
)
