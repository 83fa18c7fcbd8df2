"""Compile every locale's .po to the .mo that Django reads, with Babel; say what is left untranslated."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def main(step: str) -> int:
    """Compile what is newer than its result."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            write_mo(file, catalogue)
        part.replace(target)
        left = sum(1 for message in catalogue if message.id and not message.string)
        print(
            f"{step} 번역 · {source.parts[-3]}: {len(catalogue)} sentences"
            + (f", {left} untranslated" if left else "")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
