"""Find every sentence the product shows and read the English catalogue; shared by the three message tools.

The language of the code is Korean; ``locale/en`` holds the only other one. Babel does the work without gettext's
programs: Python files as they are, templates through Django's own ``templatize``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
ROOMS = ("accounts", "config", "inference", "moods", "music", "welfare", "templates")
HEADER = (
    'msgid ""\nmsgstr ""\n"Language: en\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


@dataclass(frozen=True)
class Key:
    """What makes a sentence the same one for gettext."""

    text: str
    context: str = ""


@dataclass
class Found:
    """A sentence in the code: its plural where it has one, and where it stands."""

    plural: str = ""
    places: list[str] = field(default_factory=list)


def extract_all() -> dict[Key, Found]:
    """Return every sentence of code and templates."""
    found: dict[Key, Found] = {}
    for path in _sources():
        for line, message, _comments, context in _extract(path):
            texts = (message,) if isinstance(message, str) else message
            entry = found.setdefault(Key(texts[0], context or ""), Found())
            entry.places.append(f"{path.relative_to(ROOT)}:{line}")
            if len(texts) > 1:
                entry.plural = texts[1]
    found.pop(Key(""), None)
    return found


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        for pattern in ("*.py", "*.html", "*.txt"):
            yield from sorted((ROOT / room).rglob(pattern))


def _extract(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # templatize leaves the page's indentation, which is not Python's.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).split("\n"))
    elif line := _within_f_string(source):
        sys.exit(
            f"{path.relative_to(ROOT)}:{line}: a sentence inside an f-string is not found; name it first."
        )
    return extract("python", io.BytesIO(source.encode()), keywords=_KEYWORDS)


def _within_f_string(source: str) -> int:
    """Return the line of a gettext call inside an f-string, which Babel passes over in silence; 0 if none."""
    for text in ast.walk(ast.parse(source)):
        calls = ast.walk(text) if isinstance(text, ast.JoinedStr) else ()
        for call in calls:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _KEYWORDS:
                return call.lineno
    return 0


def read(path: Path) -> Catalog:
    """Read a catalogue or a fragment of one (which may lack the header)."""
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        try:
            return read_po(file, locale="en", abort_invalid=True)
        except (ValueError, UnicodeDecodeError) as error:
            sys.exit(f"{path}: {error}")


def key(message: Message) -> Key:
    """Return the key of a catalogue's message."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return Key(text, message.context or "")


def strings(message: Message) -> list[str]:
    """Return the translations, one a plural form."""
    return (
        [message.string]
        if isinstance(message.string, str)
        else [text or "" for text in message.string or ("",)]
    )


def placeholders(text: str) -> set[str]:
    """Return the places that are filled in at run time."""
    return set(_PLACE.findall(text))
