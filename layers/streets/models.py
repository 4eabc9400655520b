"""What is walked on, what stops people and lets them through, and what the base map draws."""

import uuid

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import Named
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
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
    """One opening in a compound's edge. An inferred one was never seen: a path crosses the edge there.

    With hours (both times or none, wall-clock; past midnight when the end is not after the start) it is shut to
    everybody outside them. `since` and `drawn_at` are empty for what was there from the first; `noded` is where the
    newest network has it. A trigger keeps each former state, whoever changes a row.
    """

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
    open_from = models.TimeField(_("opens"), null=True, blank=True)
    open_until = models.TimeField(_("closes"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    since = models.DateTimeField(_("as it is since"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn"), null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("changed by")
    )
    noded = models.PointField(_("place in the network"), srid=4326, null=True, blank=True)

    class Meta:
        """No order of their own."""

        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        constraints = [
            models.CheckConstraint(
                name="streets_gate_known_state",
                condition=Q(
                    status__in=["inferred", "mapped", "confirmed", "closed"],
                    open_to__in=["all", "residents", "unknown"],
                ),
            ),
            models.CheckConstraint(
                name="streets_gate_hours",
                condition=Q(open_from__isnull=True, open_until__isnull=True)
                | (Q(open_from__isnull=False, open_until__isnull=False) & ~Q(open_from=F("open_until"))),
            ),
        ]

    def __str__(self) -> str:
        """How it is known."""
        return f"{self.get_status_display()} {self.pk}"


class FormerGate(Period):
    """How a gate was until it was changed; written by the trigger alone, and kept when a place is made again."""

    id = models.BigAutoField(primary_key=True)
    gate = models.ForeignKey(
        Gate, on_delete=models.DO_NOTHING, db_constraint=False, related_name="former", verbose_name=_("gate")
    )
    geometry = models.PointField(_("place"), srid=4326)
    status = models.CharField(_("status"), max_length=12, choices=Gate.Status.choices)
    open_to = models.CharField(_("open to"), max_length=12, choices=Gate.OpenTo.choices)
    open_from = models.TimeField(_("opens"), null=True, blank=True)
    open_until = models.TimeField(_("closes"), null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+",
        verbose_name=_("changed by"),
    )  # fmt: skip

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """One answer for each moment; ended for good, and kept (a trigger sees to it)."""

        verbose_name = _("former state of a gate")
        verbose_name_plural = _("former states of gates")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(name="streets_formergate_ended", condition=Q(valid_until__isnull=False)),
            ExclusionConstraint(
                name="streets_formergate_once",
                expressions=[
                    ("gate", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        """Until when."""
        return f"… {self.valid_until:%Y-%m-%d %H:%M}"


class GateThen(Period):
    """A gate as it was at a moment: the view of what it is and of all it was. To read only; `id` is the gate's."""

    id = models.UUIDField(primary_key=True)
    geometry = models.PointField(_("place"), srid=4326)
    status = models.CharField(_("status"), max_length=12, choices=Gate.Status.choices)
    open_to = models.CharField(_("open to"), max_length=12, choices=Gate.OpenTo.choices)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        """A view (see migration 0003)."""

        managed = False
        db_table = "streets_gatethen"
        verbose_name = _("gate at a moment")
        verbose_name_plural = _("gates at a moment")

    def __str__(self) -> str:
        """How it was known."""
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


class Passage(models.Model):
    """A way through a gate: a node outside and one inside. `wall` is the walled compound, empty where none is known."""

    id = models.BigAutoField(primary_key=True)
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="passages", verbose_name=_("gate"))
    outside = models.BigIntegerField(_("node outside"))
    inside = models.BigIntegerField(_("node inside"))
    wall = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("walled compound")
    )

    class Meta:
        """Made anew with every network."""

        verbose_name = _("passage")
        verbose_name_plural = _("passages")

    def __str__(self) -> str:
        """From node to node."""
        return f"{self.outside} – {self.inside}"


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

    Its id is the version that processes keep their arrays by; `gates_version` counts the changes of gates since, which
    need no new making (a trigger counts them).
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(_("made"))
    epsg = models.PositiveIntegerField(_("metric zone"))
    nodes = models.PositiveIntegerField(_("nodes"))
    edges = models.PositiveIntegerField(_("edges"))
    gates_version = models.PositiveIntegerField(_("changes of gates since"), default=0)

    class Meta:
        """The newest counts."""

        verbose_name = _("walking network")
        verbose_name_plural = _("walking networks")
        get_latest_by = "id"

    def __str__(self) -> str:
        """Its size."""
        return f"{self.pk}: {self.nodes} / {self.edges}"
