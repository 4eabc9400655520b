"""A Layer says once what its rows are, who may see them, which fields, at which zooms and as of when.

Tiles, exports, legend and permission come from the same object, so they cannot drift apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet

from gis.shared.errors import Text

Kind = Literal["fill", "line", "point", "cluster"]


class Layer:
    """Abstract. Subclasses set the class attributes and answer `scope` and `rows`."""

    name: ClassVar[str]
    title: ClassVar[Text]
    kind: ClassVar[Kind]
    fields: ClassVar[tuple[str, ...]] = ()
    """The columns that leave the house, in this order."""
    columns: ClassVar[dict[str, str]] = {}
    """Fields whose column in `rows` has another name, e.g. {"id": "area_id"}: no alias may hide a model's field."""
    min_zoom: ClassVar[int] = 0
    max_zoom: ClassVar[int] = 22
    order: ClassVar[int] = 0
    """Drawing order, low first."""
    base: ClassVar[bool] = False
    """Part of the quiet base map: always on, in the legend only as such."""
    temporal: ClassVar[bool] = False
    """Answers as of a moment."""
    group: ClassVar[str] = ""
    """Layers of one group come in one tile; empty: the app's name."""
    anchored: ClassVar[bool] = False
    """Polygons carry `lon` and `lat` of a point inside, where their name stands."""
    shown: ClassVar[bool] = True
    """Switched on when a person first opens the map."""
    cached: ClassVar[bool] = False
    """Its tiles are kept: triggers tell every change of what it draws (see layers/atlas/migrations)."""
    clock: ClassVar[int] = 0
    """Seconds after which an answer for now is old without any edit (what is open, what is overdue); 0: never."""
    uniform: ClassVar[bool] = False
    """`rows` makes one statement for a scope: box, moment and times reckoned from it only fill places in it."""
    narrowed: ClassVar[bool] = False
    """`rows` takes a `box` of degrees too, because it must look at rows one by one before it can choose among them."""
    simplified: ClassVar[bool] = False
    """Polygons of a coverage, drawn from afar with fewer nodes and never with a gap; it names its `boundary`."""
    boundary: ClassVar[str] = ""
    """The column of `rows` with the id of the boundary that is drawn, so that what is kept of it can be used."""
    exported: ClassVar[tuple[str, ...] | None] = None
    """The columns of a file, where these are others than the map's; () when there is nothing to export."""
    family: ClassVar[str] = ""
    """Layers of one family have the same `exported` columns and may leave in one file under this name."""

    def scope(self, asker: Any) -> str | None:
        """Who shares one answer: "public", a key of the asker's rights, or None when the asker may see nothing.

        It speaks of the asker alone: layers that inherit it from one class are asked once.
        """
        return "public"

    def shown_to(self, asker: Any) -> bool:
        """Whether it is switched on when this person first opens the map."""
        return self.shown

    def is_public(self) -> bool:
        """Whether it is the same for everybody by its nature: it has no rule of its own about who may see it."""
        return type(self).scope is Layer.scope

    def asked(self, query: Mapping[str, str], *, moment: datetime, now: datetime) -> Self:
        """This layer as the filters of one request want it, with a scope of its own; itself where it knows none."""
        return self

    def tile_rows(self, z: int, x: int, y: int, *, asker: Any, now: datetime) -> tuple[str, list[Any]] | None:
        """The rows of one tile as of now as a statement, where there is a quicker way to them than `rows`."""
        return None

    def rows(self, *, asker: Any, moment: datetime, zoom: int) -> QuerySet[Any, Any]:
        """`.values(*fields, geom=…)`, one dict a feature; `geom` is a geometry in EPSG:4326."""
        raise NotImplementedError(f"{type(self).__name__}.rows")

    def export_rows(self, *, asker: Any, moment: datetime) -> QuerySet[Any, Any]:
        """The rows of a file: everything the asker may see at the moment, in full detail, with `exported` columns."""
        return self.rows(asker=asker, moment=moment, zoom=self.max_zoom)

    def inside(
        self, rows: QuerySet[Any, Any], *, area: UUID, shape: GEOSGeometry, moment: datetime
    ) -> QuerySet[Any, Any]:
        """Those of some rows that belong to an area of this shape: where they lie, unless a layer knows better."""
        return rows.filter(geom__intersects=shape)
