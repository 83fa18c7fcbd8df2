"""The menu and the quiet card of the scales, for pages of other files."""

from __future__ import annotations

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from moods.scales.views import due_card
from moods.scales.wording import scales_on

register = template.Library()


@register.simple_tag(takes_context=True)
def scale_due_card(context: Context) -> SafeString:
    """Draw today's card where it stands, without a second request; empty when nothing is due."""
    request = context["request"]
    if not isinstance(request.user, User):
        return SafeString("")
    return mark_safe(due_card(request))  # noqa: S308  our own rendered template


@register.simple_tag
def any_scale() -> bool:
    """Say whether the menu of scales has anything in it."""
    return bool(scales_on())
