"""Draw a track's sleeve: a decorative wave, always the same for the same track."""

from __future__ import annotations

import hashlib

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

BARS = 9


@register.simple_tag
def sleeve(slug: str) -> SafeString:
    """Return an SVG of nine bars whose heights (8..40 of 72) come from a digest of the slug."""
    digest = hashlib.sha256(slug.encode()).digest()
    heights = [8 + digest[i] % 17 * 2 for i in range(BARS)]
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="3" height="{}" rx="1.5"/>',
        ((8 + 7 * i, 36 - height // 2, height) for i, height in enumerate(heights)),
    )
    return format_html(
        '<svg class="sleeve" viewBox="0 0 72 72" aria-hidden="true" focusable="false">'
        '<rect width="72" height="72" fill="var(--brand-wash)"/>'
        '<g fill="var(--brand-text)">{}</g></svg>',
        bars,
    )
