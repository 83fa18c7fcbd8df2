"""The letters of the report: Pretendard as set-up left it, else the Korean letters every PDF reader has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

FOLDER: Final = Path("var") / "fonts"
_FILES: Final = {"Pretendard": "Pretendard-Regular.ttf", "Pretendard-Bold": "Pretendard-Bold.ttf"}


@dataclass(frozen=True)
class Letters:
    """Names of the two faces; ``known`` are the characters they can draw (None: the reader decides)."""

    plain: str
    bold: str
    known: frozenset[int] | None

    def drawable(self, text: str) -> str:
        """Return a text without what no face draws: an emoji becomes a small square."""
        if self.known is None:
            return text
        known = self.known
        joiners = (0xFE0F, 0x200D)
        kept = (c if ord(c) in known or c in "\n\t" else "▫" for c in text if ord(c) not in joiners)
        return "".join(kept)


@cache
def letters() -> Letters:
    """Register the faces with reportlab, once a process."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        for name, file in _FILES.items():
            pdfmetrics.registerFont(TTFont(name, str(Path(settings.BASE_DIR) / FOLDER / file)))
    except (TTFError, OSError):
        pdfmetrics.registerFont(UnicodeCIDFont("HYGothic-Medium"))
        return Letters("HYGothic-Medium", "HYGothic-Medium", None)
    face = pdfmetrics.getFont("Pretendard").face
    return Letters("Pretendard", "Pretendard-Bold", frozenset(face.charToGlyph))
