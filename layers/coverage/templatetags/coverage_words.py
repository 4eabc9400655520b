"""Figures on the printed page."""

import math
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.translation import get_language

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """0.713 as 71%; what is not known as a dash. Halves go up, as on the pages with the map."""
    return "–" if value is None else f"{math.floor(100 * value + 0.5)}%"


@register.filter
def figure(value: int | str | None) -> str:
    """14441 as 14,441; what is told in words ("<5") as it is, what is not known as a dash."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,}"


@register.filter
def day_and_time(value: datetime | None) -> str:
    """A moment as the pages with the map write it: 2026年3月5日 14:30, 5 March 2026 14:30."""
    if value is None:
        return "–"
    form = "Y年n月j日 H:i" if (get_language() or "").startswith("zh") else "j F Y H:i"
    return written(timezone.localtime(value), form)


@register.filter
def plain(value: float) -> str:
    """A number as SVG wants it, whatever the language's decimal sign."""
    return f"{value:.1f}"


@register.filter
def kilometres(metres: int) -> int:
    """5000 as 5."""
    return metres // 1000
