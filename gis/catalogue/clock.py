"""The clock on the wall: days and times that a person types are those of the place, not of the server."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from gis.catalogue.models import Place


def place_zone() -> ZoneInfo | None:
    """The time zone of the place this database holds; None when it holds none yet."""
    name = Place.objects.values_list("time_zone", flat=True).first()
    return ZoneInfo(name) if name else None


class PlaceClockMiddleware:
    """Reads and writes local times in the place's zone, as the page shows them; tiles of now need no clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the zone for one request."""
        zone = None
        if request.path.startswith("/api/") or "moment" in request.GET:
            try:
                zone = place_zone()
            except DatabaseError:
                zone = None  # the view will say itself that the database is away
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)
