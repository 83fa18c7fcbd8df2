"""Line icons, drawn by this project on a 24 x 24 grid."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

#: Name to SVG path data.
PATHS: Final[dict[str, str]] = {
    "camera": (
        "M4 8h3l1.6-2.5h6.8L17 8h3a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 20 19H4a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 4 8zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z"
    ),
    "today": (
        "M5 4.5h14a1 1 0 0 1 1 1V20a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5.5a1 1 0 0 1 1-1zM8 2.5v4M16 2.5v4M4 10h16M8.5 14.5h7"
    ),
    "year": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
    "music": (
        "M9 18V5.5l11-2V16M9 18a2.8 2.8 0 1 1-2.8-2.8A2.8 2.8 0 0 1 9 18zM20 16a2.8 2.8 0 1 1-2.8-2.8A2.8 2.8 0 0 1 20 16z"
    ),
    "me": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
    "phone": (
        "M6 3h3l1.6 4.5-2 1.7a12 12 0 0 0 6.2 6.2l1.7-2L21 15v3.5A2.5 2.5 0 0 1 18.5 21 15.5 15.5 0 0 1 3 5.5 2.5 2.5 0 0 1 5.5 3z"
    ),
    "pen": "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5L17.5 10",
    "back": "M15 5l-7 7 7 7",
    "next": "M9 5l7 7-7 7",
    "check": "M4.5 12.5l5 5 10-11",
    "eye": (
        "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
    ),
    "trash": "M4.5 7h15M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10.5 11v5M13.5 11v5",
    "list": "M8.5 6h12M8.5 12h12M8.5 18h12M4 6h.01M4 12h.01M4 18h.01",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "info": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.8v.01",
    "people": (
        "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14a6.5 6.5 0 0 1 3.5 6"
    ),
    "home": "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2",
    "play": "M8 5.5v13l11-6.5z",
    "close": "M6 6l12 12M18 6L6 18",
    "plus": "M12 5v14M5 12h14",
    "upload": "M12 16V4.5M7 9l5-5 5 5M4.5 16v4h15v-4",
    "retry": "M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 3.5v4.5h-4.5",
    "pause": "M8.5 5.5v13M15.5 5.5v13",
    "external": "M13.5 4.5h6v6M19.5 4.5l-9 9M10.5 6H5v13h13v-5.5",
    "edit": "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5L17.5 10",
    "download": "M12 4.5V16M7 11.5l5 5 5-5M4.5 19.5h15",
}
_FILLED: Final = frozenset({"play"})


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw one icon; it is decoration, so screen readers skip it. KeyError for an unknown name."""
    classes = " ".join(filter(None, ("ico", "filled" if name in _FILLED else "", extra)))
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', classes, PATHS[name]
    )
