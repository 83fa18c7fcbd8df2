"""Merge .po fragments into locale/en: sorted, without places or dates, so that two merges give the same bytes.

python tools/merge_messages.py FRAGMENT.po…   add or replace what the fragments say
python tools/merge_messages.py                drop what the code no longer says, list what has no English
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po
from messages import CATALOGUE, HEADER, Key, extract_all, key, read, strings


def main(fragments: list[Path]) -> int:
    """Merge and write; warn of contradictions between fragments."""
    entries = {key(message): message for message in read(CATALOGUE) if message.id}
    for path in fragments:
        for message in read(path):
            if message.id:
                _add(entries, message, path)
    found = extract_all()
    if not fragments:
        entries = {wanted: message for wanted, message in entries.items() if wanted in found}
    _write(entries)
    missing = [
        f"{where.places[0]}: {wanted.text!r}" for wanted, where in found.items() if wanted not in entries
    ]
    print(f"{len(entries)} sentences in {CATALOGUE.name}, {len(missing)} without English")
    print("\n".join(missing))
    return 0


def _add(entries: dict[Key, Message], message: Message, path: Path) -> None:
    if not all(strings(message)):
        return
    old = entries.get(key(message))
    if old is not None and strings(old) != strings(message):
        print(f"{path.name}: {key(message).text!r} was {strings(old)}, is now {strings(message)}")
    entries[key(message)] = message


def _write(entries: dict[Key, Message]) -> None:
    catalogue = Catalog(locale="en")
    for wanted in sorted(entries, key=lambda k: (k.text, k.context)):
        message = entries[wanted]
        flags = message.flags - {"fuzzy"} if all(strings(message)) else message.flags
        catalogue.add(message.id, message.string, flags=flags, context=message.context)
    text = io.BytesIO()
    write_po(text, catalogue, width=110, no_location=True, omit_header=True, sort_output=True)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(HEADER + text.getvalue().decode().strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
