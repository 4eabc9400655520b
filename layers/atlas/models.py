"""What the map keeps so that it need not be made twice: tiles, and the simplified outlines of the coarse tiers.

Nothing here is anybody's data: every row can be deleted and comes back. The tables are unlogged, so that a crash of
the database empties them, and triggers on the tables that are drawn (migrations of this app) keep them true: each
statement that changes a drawn row writes an `Edit` and deletes the tiles that meet it, in its own transaction.
"""

from typing import Any

from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Snapshot(models.Field):
    """What a statement could see: PostgreSQL's pg_snapshot."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "pg_snapshot"


class TransactionId(models.Field):
    """Who wrote a row: PostgreSQL's xid8, never used again."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "xid8"


class Tile(models.Model):
    """One layer's part of one tile, for all who share a scope, now or at a past moment."""

    layer = models.CharField(_("layer"), max_length=40)
    z = models.PositiveSmallIntegerField("z")
    x = models.PositiveIntegerField("x")
    y = models.PositiveIntegerField("y")
    scope = models.CharField(_("for whom"), max_length=64)
    moment = models.DateTimeField(_("moment"), null=True, help_text=_("empty: now"))
    tick = models.BigIntegerField(_("tick of the clock"), default=0)
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    seen = Snapshot(_("made from"))
    envelope = models.PolygonField(_("square with its margin"), srid=4326)
    etag = models.CharField(_("mark of the content"), max_length=32)
    body = models.BinaryField(_("content"))

    class Meta:
        """One answer to one question."""

        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        constraints = [
            models.UniqueConstraint(
                fields=["z", "x", "y", "layer", "scope", "moment", "tick"], name="atlas_tile_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["made_at"], name="atlas_tile_age")]

    def __str__(self) -> str:
        """Its address."""
        return f"{self.layer}/{self.z}/{self.x}/{self.y}"


class Edit(models.Model):
    """Where a layer changed: kept until nothing made before it can be left.

    A tile counts only while there is no edit that meets it and that its making could not see (an edit may have been
    on its way then), and none that came into force since.
    """

    layer = models.CharField(_("layer"), max_length=40)
    place = models.GeometryField(_("place"), srid=4326)
    since = models.DateTimeField(_("changes moments from"))
    at = models.DateTimeField(_("in force from"))
    written_at = models.DateTimeField(_("written"), db_index=True)
    written_by = TransactionId(_("transaction"))

    class Meta:
        """Newest last."""

        verbose_name = _("edit of a layer")
        verbose_name_plural = _("edits of layers")
        indexes = [
            models.Index(fields=["layer", "written_by"], name="atlas_edit_by_writer"),
            models.Index(fields=["layer", "at"], name="atlas_edit_in_force"),
        ]

    def __str__(self) -> str:
        """What, when."""
        return f"{self.layer} {self.written_at:%Y-%m-%d %H:%M}"


class Simplification(models.Model):
    """The outlines of one layer for one band of zooms, simplified together so that neighbours stay neighbours."""

    layer = models.CharField(_("layer"), max_length=40)
    band = models.PositiveSmallIntegerField(_("band of zooms"))
    tolerance_m = models.FloatField(_("tolerance in metres at the equator"))
    made_at = models.DateTimeField(_("made"))
    seen = Snapshot(_("made from"))

    class Meta:
        """Of two, the newer counts."""

        verbose_name = _("simplification")
        verbose_name_plural = _("simplifications")
        indexes = [models.Index(fields=["layer", "band"], name="atlas_simplification_band")]

    def __str__(self) -> str:
        """Layer and band."""
        return f"{self.layer} {self.band}"


class Outline(models.Model):
    """One boundary's simplified outline, in the projection of the tiles."""

    simplification = models.ForeignKey(Simplification, models.CASCADE, related_name="outlines")
    boundary = models.UUIDField(_("boundary"))
    geometry = models.GeometryField(_("outline"), srid=3857, spatial_index=False)

    class Meta:
        """One of each boundary."""

        verbose_name = _("simplified outline")
        verbose_name_plural = _("simplified outlines")
        constraints = [models.UniqueConstraint(fields=["simplification", "boundary"], name="atlas_outline_once")]

    def __str__(self) -> str:
        """Whose."""
        return str(self.boundary)


class Anchor(models.Model):
    """Where a boundary's name stands: well inside, with how much room there is round it."""

    boundary = models.UUIDField(_("boundary"), primary_key=True)
    lon = models.FloatField(_("longitude"))
    lat = models.FloatField(_("latitude"))
    room_m = models.FloatField(_("metres to the nearest edge"))

    class Meta:
        """A boundary's shape never changes, and so its anchor does not."""

        verbose_name = _("place of a name")
        verbose_name_plural = _("places of names")

    def __str__(self) -> str:
        """Whose."""
        return str(self.boundary)
