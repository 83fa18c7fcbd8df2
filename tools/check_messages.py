"""Say which sentences have no finished English translation; end with 1 if there is one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from messages import CATALOGUE, Found, Key, extract_all, key, placeholders, read, strings


def problems() -> Iterator[str]:
    """Yield one line for each sentence that is missing, fuzzy, unused or filled in differently."""
    found = extract_all()
    known = {key(message): message for message in read(CATALOGUE) if message.id}
    for wanted, where in found.items():
        message = known.get(wanted)
        if message is None or not all(strings(message)):
            yield f"{where.places[0]}: no English for {wanted.text!r}"
        elif message.fuzzy:
            yield f"{where.places[0]}: the English for {wanted.text!r} is marked fuzzy"
        elif bool(where.plural) != (not isinstance(message.id, str)):
            yield f"{where.places[0]}: singular here and plural there: {wanted.text!r}"
        else:
            yield from _places(wanted, where, strings(message))
    for extra in known.keys() - found.keys():
        yield f"locale/en: nobody says {extra.text!r} any more (make messages drops it)"


def _places(wanted: Key, where: Found, translations: list[str]) -> Iterator[str]:
    """Compare what is filled in; a plural form may leave the number out."""
    allowed = placeholders(wanted.text) | placeholders(where.plural)
    for text in translations:
        if placeholders(text) - allowed or (not where.plural and allowed - placeholders(text)):
            yield f"{where.places[0]}: other placeholders in the English for {wanted.text!r}"


def main() -> int:
    """Print every problem; return how the shell should take it."""
    lines = list(problems())
    print("\n".join(lines) if lines else "translations: complete")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
