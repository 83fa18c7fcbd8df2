"""What every page's frame needs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

#: Pages under the tab "기록".
DIARY_VIEWS = frozenset(
    {"diary", "diary_month", "day", "week", "year", "insight", "compare", "patterns", "patterns_days"}
)


def frame(request: HttpRequest) -> dict[str, object]:
    """Give templates the demo switch and the class words of <html>."""
    large = request.COOKIES.get("large") == "1"
    if request.user.is_authenticated:
        large = request.user.large_type
    return {
        "demo": settings.MAEUM_DEMO,
        "html_class": "large" if large else "",
        "diary_views": DIARY_VIEWS,
    }
