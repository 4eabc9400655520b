"""The quiet base map from our own data: land use, green, water, buildings, streets, walls and gates."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gis.shared.errors import Text
from gis.shared.layer import Kind, Layer
from layers.streets.models import Barrier, Feature, Gate, GateThen, Way

FAR = ("motorway", "trunk", "primary")
"""Streets drawn from afar; each step below adds to the one before."""
STREETS_FROM_ZOOM: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, FAR),
    (11, ("secondary", "rail")),
    (12, ("tertiary",)),
    (13, ("residential", "pedestrian")),
    (14, ("service", "cycleway", "track")),
    (15, ("footway", "path", "steps")),
)


class FeatureLayer(Layer):
    """The base-map polygons of one kind; public."""

    kind: ClassVar[Kind] = "fill"
    fields: ClassVar[tuple[str, ...]] = ("id", "kind", "name_zh", "name_en")
    base = True
    cached = True
    uniform = True
    features: ClassVar[tuple[str, ...]]

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """Shapes of this kind."""
        return Feature.objects.filter(kind__in=self.features).values(*self.fields, geom=F("geometry"))


class LanduseLayer(FeatureLayer):
    """What ground is used for."""

    name = "landuse"
    title: ClassVar[Text] = _("Land use")
    features = ("landuse", "compound")
    min_zoom = 12
    order = 1


class GreenLayer(FeatureLayer):
    """Parks, woods, lawns."""

    name = "green"
    title: ClassVar[Text] = _("Green")
    features = ("green",)
    min_zoom = 9
    order = 2


class WaterLayer(FeatureLayer):
    """Rivers, ponds, lakes."""

    name = "water"
    title: ClassVar[Text] = _("Water")
    features = ("water",)
    order = 3


class FootprintLayer(FeatureLayer):
    """Footprints of buildings; one that could have been a grid and is none says why."""

    name = "footprints"
    fields = ("id", "kind", "name_zh", "name_en", "reason")
    title: ClassVar[Text] = _("Footprints of buildings")
    features = ("building",)
    min_zoom = 15
    order = 6


class RoadLayer(Layer):
    """Streets and paths, railways too; the nearer, the more."""

    name = "roads"
    title: ClassVar[Text] = _("Streets and paths")
    kind: ClassVar[Kind] = "line"
    fields = ("id", "kind", "name_zh", "name_en", "bridge", "tunnel")
    order = 5
    base = True
    cached = True
    uniform = True

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """Streets that are wide enough for the zoom."""
        kinds = [kind for least, some in STREETS_FROM_ZOOM if zoom >= least for kind in some]
        return Way.objects.filter(kind__in=kinds).values(*self.fields, geom=F("geometry"))


class BarrierLayer(Layer):
    """Walls and fences as they were mapped."""

    name = "barriers"
    title: ClassVar[Text] = _("Walls and fences")
    kind: ClassVar[Kind] = "line"
    fields = ("id", "kind")
    min_zoom = 16
    order = 7
    base = True
    cached = True
    uniform = True

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """All of them."""
        return Barrier.objects.values(*self.fields, geom=F("geometry"))


class GateLayer(Layer):
    """Gates of compounds: filled for residents only, hollow for everybody, dashed while only inferred."""

    name = "gates"
    title: ClassVar[Text] = _("Gates of compounds")
    kind: ClassVar[Kind] = "point"
    fields = ("id", "status", "open_to")
    min_zoom = 15
    order = 70
    cached = True
    uniform = True
    temporal = True
    group: ClassVar[str] = "grids"  # public points come in one tile with the areas

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """The gates as they were at the moment; far out only those somebody vouches for."""
        rows = GateThen.objects.at(moment)
        if zoom < 16:
            rows = rows.filter(~Q(status=Gate.Status.INFERRED))
        return rows.values(*self.fields, geom=F("geometry"))


LAYERS: tuple[type[Layer], ...] = (
    LanduseLayer,
    GreenLayer,
    WaterLayer,
    RoadLayer,
    FootprintLayer,
    BarrierLayer,
    GateLayer,
)
