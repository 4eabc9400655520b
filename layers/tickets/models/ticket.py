"""One matter at one place, with its two grids: where it lies and who answers for it."""

import uuid

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from gis.shared.datums import Datum
from grids.models import Area
from layers.tickets import workflow
from layers.tickets.models.category import Category
from layers.tickets.models.words import Channel, Placing, Responsibility, State, Urgency
from layers.tickets.queries import OPEN, TicketQuerySet

LOWEST_FLOOR, HIGHEST_FLOOR = -9, 200
"""Floors are counted from 1 as people here do, cellars from −1; there is no floor 0."""
DATUMS = [(datum.value, datum.value) for datum in Datum]


class Doubled(Func):
    """Every sign twice, in capitals: an index of triples of signs then finds words of two, as most Chinese ones are."""

    function = "tickets_doubled"
    output_field = TextField()


class Ticket(models.Model):
    """A matter. Its state, clocks and version follow from its events; nothing here is personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("number"), max_length=40, unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, db_index=False, verbose_name=_("category"))
    text = models.TextField(_("what is the matter"), blank=True, max_length=2000)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency.choices)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    external_source = models.CharField(_("other system"), max_length=80, blank=True)
    external_number = models.CharField(_("number there"), max_length=80, blank=True)

    point = models.PointField(_("place"), srid=4326)
    accuracy_m = models.FloatField(_("accuracy in metres"), null=True, blank=True)
    raw_lon = models.FloatField(_("longitude as given"))
    raw_lat = models.FloatField(_("latitude as given"))
    datum = models.CharField(_("datum"), max_length=8, choices=DATUMS)

    located_area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("located in")
    )
    located_chain = ArrayField(models.UUIDField(), default=list, verbose_name=_("located in, with all above"))
    located_because = models.CharField(
        _("how its area was found"), max_length=8, choices=Placing.choices, default=Placing.POINT,
        db_default=Placing.POINT,
    )  # fmt: skip
    floor = models.SmallIntegerField(_("floor"), null=True, blank=True)
    responsible_area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="+", verbose_name=_("responsible area")
    )
    responsible_chain = ArrayField(models.UUIDField(), verbose_name=_("responsible area, with all above"))
    responsible_because = models.CharField(_("why"), max_length=8, choices=Responsibility.choices)

    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    reported_at = models.DateTimeField(_("reported"))
    recorded_at = models.DateTimeField(_("recorded"))
    changed_at = models.DateTimeField(_("last step"))
    sign_due_at = models.DateTimeField(_("to be signed for by"), null=True, blank=True)
    handle_due_at = models.DateTimeField(_("to be handled by"), null=True, blank=True)
    reply_due_at = models.DateTimeField(_("to be accepted by"), null=True, blank=True)
    verify_due_at = models.DateTimeField(_("to be verified by"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    due_at = models.DateTimeField(_("next due"), null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reported by (staff)"),
    )
    version = models.PositiveIntegerField(_("version"), default=1)

    objects = TicketQuerySet.as_manager()

    class Meta:
        """Numbers are unique, and so is a number of another system."""

        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_number"],
                name="tickets_external_once",
                condition=~Q(external_number=""),
            ),
            models.CheckConstraint(name="tickets_state_known", condition=Q(state__in=workflow.STATES)),
            models.CheckConstraint(
                name="tickets_accuracy_not_negative",
                condition=Q(accuracy_m__isnull=True) | Q(accuracy_m__gte=0),
            ),
            models.CheckConstraint(
                name="tickets_floor_exists",
                condition=Q(floor__isnull=True) | (Q(floor__gte=LOWEST_FLOOR, floor__lte=HIGHEST_FLOOR) & ~Q(floor=0)),
            ),
            models.CheckConstraint(
                name="tickets_responsible_in_chain", condition=Q(responsible_chain__contains=[F("responsible_area")])
            ),
        ]
        indexes = [
            models.Index(fields=["-reported_at", "-id"], name="tickets_newest"),
            models.Index(fields=["category", "reported_at"], name="tickets_category_period"),
            models.Index(fields=["responsible_area", "due_at"], name="tickets_open_by_area", condition=OPEN),
            models.Index(fields=["external_number"], name="tickets_elsewhere", condition=~Q(external_number="")),
            GinIndex(OpClass(Doubled("text"), name="gin_trgm_ops"), name="tickets_words"),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="tickets_numbers"),
        ]

    def __str__(self) -> str:
        """Its number."""
        return self.number


class NumberSeries(models.Model):
    """The last number given in a county and year; its row is locked while numbers are taken."""

    county_code = models.CharField(_("county"), max_length=40)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        """One series for a county and year."""

        verbose_name = _("series of ticket numbers")
        verbose_name_plural = _("series of ticket numbers")
        constraints = [models.UniqueConstraint(fields=["county_code", "year"], name="tickets_series_once")]

    def __str__(self) -> str:
        """County and year."""
        return f"{self.county_code}-{self.year}"
