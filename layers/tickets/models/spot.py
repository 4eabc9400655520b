"""The narrow projection of tickets that lists and counts are read from; triggers keep it, in the same transaction.

Nothing here is written by Python: every door to tickets, COPY included, keeps it. What a row means and
how questions are asked of it stands in `layers.tickets.spots`.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from layers.tickets.models.category import Category
from layers.tickets.models.ticket import Ticket


class GridPair(models.Model):
    """Both chains of a ticket, stored once for all tickets that share them; two writers at once may store it twice.

    `ward` is the same pair cut down to the tiers that are no grids: few hundred stand for a million tickets.
    """

    id = models.AutoField(primary_key=True)
    key = models.BigIntegerField(_("hash of both chains"))
    located_chain = ArrayField(models.UUIDField(), verbose_name=_("located in, with all above"))
    responsible_chain = ArrayField(models.UUIDField(), verbose_name=_("responsible area, with all above"))
    ward = models.ForeignKey("self", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")

    class Meta:
        """Found by its hash, by the areas in it, and wards by themselves."""

        verbose_name = _("pair of grids")
        verbose_name_plural = _("pairs of grids")
        indexes = [
            models.Index(fields=["key"], name="tickets_pair_key"),
            models.Index(fields=["id"], name="tickets_pair_ward", condition=Q(id=F("ward"))),
            GinIndex(fields=["located_chain"], name="tickets_pair_located"),
            GinIndex(fields=["responsible_chain"], name="tickets_pair_responsible"),
        ]

    def __str__(self) -> str:
        """Its number."""
        return str(self.pk)


class Spot(models.Model):
    """One ticket in few bytes: what, and where (x, y in 2^26 steps of the web's map, `code` interleaves both)."""

    ticket = models.OneToOneField(
        Ticket, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="spot"
    )
    code = models.BigIntegerField(_("place on the curve"))
    reported_at = models.DateTimeField(_("reported"))
    due_at = models.DateTimeField(_("next due"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    """When a matter that is closed took its last step."""
    category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    x = models.IntegerField(_("column"))
    y = models.IntegerField(_("row"))
    pair = models.ForeignKey(
        GridPair, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    ward = models.ForeignKey(
        GridPair, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    state = models.CharField(_("state"), max_length=12)

    class Meta:
        """Each index answers from itself alone: by place, by time, by what is due, by what was closed."""

        verbose_name = _("spot of a ticket")
        verbose_name_plural = _("spots of tickets")
        indexes = [
            models.Index(
                fields=["state", "code"],
                name="tickets_spot_place",
                include=["x", "y", "ward", "category", "reported_at", "due_at"],
            ),
            models.Index(
                fields=["reported_at", "ticket"],
                name="tickets_spot_time",
                include=["state", "code", "x", "y", "ward", "category", "due_at"],
            ),
            models.Index(
                fields=["due_at", "ticket"],
                name="tickets_spot_due",
                include=["state", "code", "x", "y", "ward", "category", "reported_at"],
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["closed_at"],
                name="tickets_spot_closed",
                include=["ward", "pair", "category"],
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(fields=["pair"], name="tickets_spot_pair"),
            models.Index(fields=["ward"], name="tickets_spot_ward"),
        ]

    def __str__(self) -> str:
        """The ticket it stands for."""
        return str(self.pk)


class Tally(models.Model):
    """How many tickets came to a cell, ward, category, state and month (of UTC): rows are added, then folded into one.

    A writer adds rows and never changes one, so writers do not wait for each other; the count is the sum of `n`.
    Rows with a category of ALL count all of them once more, for the questions that name none.
    """

    ALL = 0

    cell = models.IntegerField(_("cell on the curve"))
    ward = models.ForeignKey(
        GridPair, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    category = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    state = models.CharField(_("state"), max_length=12)
    month = models.DateField(_("first of the month"))
    n = models.IntegerField(_("how many more"))
    sum_x = models.BigIntegerField(_("sum of columns"))
    sum_y = models.BigIntegerField(_("sum of rows"))
    folded = models.BooleanField(_("folded"), default=False, db_default=False)

    class Meta:
        """Read by category, state and cell from the index alone."""

        verbose_name = _("tally of tickets")
        verbose_name_plural = _("tallies of tickets")
        indexes = [
            models.Index(
                fields=["category", "state", "cell", "ward", "month"],
                name="tickets_tally_place",
                include=["n", "sum_x", "sum_y"],
            ),
            models.Index(fields=["id"], name="tickets_tally_loose", condition=Q(folded=False)),
        ]

    def __str__(self) -> str:
        """Where and how many."""
        return f"{self.cell}: {self.n}"
