"""One PostGIS function, one tiny class; only those that Django does not bring itself."""

from django.contrib.gis.db.models import GeometryField
from django.db.models import BinaryField, Func


class TileEnvelope(Func):
    """ST_TileEnvelope(z, x, y): the tile's square in EPSG:3857."""

    function = "ST_TileEnvelope"
    arity = 3
    output_field = GeometryField(srid=3857)


class AsWKB(Func):
    """ST_AsBinary(geometry): little-endian WKB, for shapely (never through GeoDjango's GEOS)."""

    function = "ST_AsBinary"
    arity = 1
    output_field = BinaryField()


class PointOnSurface(Func):
    """ST_PointOnSurface(geometry): a point that surely lies inside."""

    function = "ST_PointOnSurface"
    arity = 1
    output_field = GeometryField(srid=4326)
