"""The map layer of sites: public, filled when open at the moment shown, with a question mark when nobody knows."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.gis.geos import Polygon
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from gis.shared.errors import Text
from gis.shared.layer import Kind, Layer
from layers.sites.models import SiteThen

STATIONS_FROM = 14
"""The zoom from which stations are drawn beside the centres."""


class SiteLayer(Layer):
    """Service centres and stations, with whether they are open; `open` and `today` are left out where nobody knows."""

    name = "sites"
    title: ClassVar[Text] = _("Service sites")
    kind: ClassVar[Kind] = "point"
    fields = ("id", "name_zh", "name_en", "kind_code", "symbol", "open", "today")
    min_zoom = 12
    order = 75
    temporal = True
    cached = True
    clock = 60  # doors open and close
    narrowed = True
    group: ClassVar[str] = "grids"  # public points come in one tile with the areas

    def rows(self, *, asker: Any, moment: datetime, zoom: int, box: Polygon | None = None) -> QuerySet[Any, Any]:
        """Sites at the moment; far out only the centres. Opening hours are read of those in the box alone."""
        rows = SiteThen.objects.at(moment)
        rows = (rows if box is None else rows.filter(geometry__bboverlaps=box)).with_open(moment)
        if zoom < STATIONS_FROM:
            rows = rows.exclude(kind__tier__grid_level__isnull=False)
        return rows.values(
            "id",
            "name_zh",
            "name_en",
            "open",
            "today",
            kind_code=F("kind__code"),
            symbol=F("kind__symbol"),
            geom=F("geometry"),
        )


LAYERS: tuple[type[Layer], ...] = (SiteLayer,)
