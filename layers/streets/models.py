"""What is walked on, what stops people and lets them through, and what the base map draws."""

import uuid

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import Named
from grids.models import Area


class Way(Named):
    """One street, path, stair or railway line as it is drawn."""

    id = models.BigAutoField(primary_key=True)
    osm_id = models.BigIntegerField(_("OpenStreetMap number"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=16)
    geometry = models.LineStringField(_("line"), srid=4326)
    walkable = models.BooleanField(_("walkable"))
    steps = models.BooleanField(_("steps"), default=False)
    bridge = models.BooleanField(_("bridge"), default=False)
    tunnel = models.BooleanField(_("tunnel"), default=False)
    layer = models.SmallIntegerField(_("level"), default=0)

    class Meta:
        """Drawn by kind."""

        verbose_name = _("street")
        verbose_name_plural = _("streets")
        indexes = [models.Index(fields=["kind"], name="streets_way_kind")]


class Gate(models.Model):
    """One opening in a compound's edge. An inferred one was never seen: a path crosses the edge there."""

    class Status(models.TextChoices):
        """How it is known, or that it is shut."""

        INFERRED = "inferred", _("inferred")
        MAPPED = "mapped", _("mapped")
        CONFIRMED = "confirmed", _("confirmed")
        CLOSED = "closed", _("closed")

    class OpenTo(models.TextChoices):
        """Who may pass."""

        ALL = "all", _("everybody")
        RESIDENTS = "residents", _("residents only")
        UNKNOWN = "unknown", _("not known")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    compound = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="gates", verbose_name=_("compound"))
    geometry = models.PointField(_("place"), srid=4326)
    kind = models.CharField(_("kind"), max_length=16, default="gate")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.INFERRED)
    open_to = models.CharField(_("open to"), max_length=12, choices=OpenTo.choices, default=OpenTo.UNKNOWN)
    osm_id = models.BigIntegerField(_("OpenStreetMap number"), null=True, blank=True)
    node = models.BigIntegerField(_("node of the network"), null=True, blank=True)

    class Meta:
        """No order of their own."""

        verbose_name = _("gate")
        verbose_name_plural = _("gates")

    def __str__(self) -> str:
        """How it is known."""
        return f"{self.get_status_display()} {self.pk}"


class Edge(models.Model):
    """A stretch of the walking network between two nodes; `inside` is the walled compound that it lies in."""

    id = models.BigAutoField(primary_key=True)
    way = models.ForeignKey(Way, on_delete=models.CASCADE, null=True, related_name="edges", verbose_name=_("street"))
    start_node = models.BigIntegerField(_("start"))
    end_node = models.BigIntegerField(_("end"))
    geometry = models.LineStringField(_("line"), srid=4326)
    length_m = models.FloatField(_("length in metres"))
    steps = models.BooleanField(_("steps"), default=False)
    inside = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("walled compound")
    )
    gate = models.ForeignKey(Gate, on_delete=models.SET_NULL, null=True, related_name="edges", verbose_name=_("gate"))

    class Meta:
        """Made anew with every network; drawn nowhere."""

        verbose_name = _("walking edge")
        verbose_name_plural = _("walking edges")


class Barrier(models.Model):
    """A wall, fence or hedge as drawn; what stops people is the edge of a walled compound."""

    id = models.BigAutoField(primary_key=True)
    osm_id = models.BigIntegerField(_("OpenStreetMap number"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=24)
    geometry = models.LineStringField(_("line"), srid=4326)

    class Meta:
        """Drawn only."""

        verbose_name = _("wall or fence")
        verbose_name_plural = _("walls and fences")


class Feature(Named):
    """A polygon of the base map; a building that became no area keeps the reason."""

    class Kind(models.TextChoices):
        """What it is."""

        WATER = "water", _("water")
        GREEN = "green", _("green")
        BUILDING = "building", _("building")
        COMPOUND = "compound", _("compound")
        LANDUSE = "landuse", _("land use")

    class Reason(models.TextChoices):
        """Why a footprint is no area."""

        NONE = "", _("none")
        STRADDLING = "straddling", _("across a compound's edge")
        OVERLAPPING = "overlapping", _("overlaps another building")
        OUTSIDE = "outside", _("in no compound")

    id = models.BigAutoField(primary_key=True)
    osm_id = models.BigIntegerField(_("OpenStreetMap number"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    geometry = models.MultiPolygonField(_("shape"), srid=4326)
    area = models.ForeignKey(Area, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("area"))
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)

    class Meta:
        """Drawn by kind."""

        verbose_name = _("base map feature")
        verbose_name_plural = _("base map features")
        indexes = [models.Index(fields=["kind"], name="streets_feature_kind")]


class Network(models.Model):
    """One making of the walking network: which walls it was made with (those at `made_at`) and how large it came out.

    Its id is the version that processes keep their arrays by.
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(_("made"))
    epsg = models.PositiveIntegerField(_("metric zone"))
    nodes = models.PositiveIntegerField(_("nodes"))
    edges = models.PositiveIntegerField(_("edges"))

    class Meta:
        """The newest counts."""

        verbose_name = _("walking network")
        verbose_name_plural = _("walking networks")
        get_latest_by = "id"

    def __str__(self) -> str:
        """Its size."""
        return f"{self.pk}: {self.nodes} / {self.edges}"
