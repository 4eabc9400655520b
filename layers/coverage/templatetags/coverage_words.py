"""Figures on the printed page."""

from django import template

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """0.713 as 71%; what is not known as a dash."""
    return "–" if value is None else f"{round(100 * value)}%"


@register.filter
def plain(value: float) -> str:
    """A number as SVG wants it, whatever the language's decimal sign."""
    return f"{value:.1f}"
