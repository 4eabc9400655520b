"""What every template may ask about the place."""

from collections.abc import Callable

from django.http import HttpRequest

from gis.catalogue.models import Place


def place(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """`is_sample_place`: whether everything here is invented; the database is asked only where a template asks."""
    return {"is_sample_place": lambda: Place.objects.filter(kind=Place.Kind.SAMPLE).exists()}
