"""A browser's User-Agent line in words a person recognises as "my phone"."""

from __future__ import annotations

import re
from typing import Final

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

#: The first that fits wins: Edge and Samsung also say Chrome, Chrome also says Safari.
_BROWSERS: Final = (
    (r"SamsungBrowser", gettext_noop("삼성 인터넷")),
    (r"KAKAOTALK", gettext_noop("카카오톡")),
    (r"Whale/", gettext_noop("웨일")),
    (r"Edg", "Edge"),
    (r"Firefox|FxiOS", "Firefox"),
    (r"Chrome|CriOS|Chromium", "Chrome"),
    (r"Safari", "Safari"),
)
_SYSTEMS: Final = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"Linux", "Linux"),
)


@register.filter
def device(user_agent: str) -> str:
    """Return "Chrome · Android"; a line that fits nothing is called an unknown device."""
    found = [_first(user_agent, _BROWSERS), _first(user_agent, _SYSTEMS)]
    words = [_(word) for word in found if word]
    return " · ".join(words) or _("알 수 없는 기기")


def _first(line: str, table: tuple[tuple[str, str], ...]) -> str:
    return next((name for pattern, name in table if re.search(pattern, line)), "")
