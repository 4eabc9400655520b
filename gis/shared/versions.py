"""Edits name the version they were made from: one reader of the If-Match header."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid

MOST_DIGITS = 9


def version_of(request: HttpRequest) -> int:
    """The number in If-Match, quoted or not, weak or strong; raises Invalid when there is none."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Invalid(_("An edit carries the version it was made from, in an If-Match header."), code="no-version")
    return int(text)
