"""Matters that lie so close to a border that whoever answers across it sees them, too."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import gettext_lazy as _

from layers.tickets.models.ticket import Ticket


class TicketBorder(models.Model):
    """The areas across a border close to a ticket, with all above them that it does not lie in."""

    ticket = models.OneToOneField(
        Ticket, models.PROTECT, primary_key=True, related_name="border", verbose_name=_("ticket")
    )
    areas = ArrayField(models.UUIDField(), verbose_name=_("areas across the border"))

    class Meta:
        """Found by area."""

        verbose_name = _("matter close to a border")
        verbose_name_plural = _("matters close to a border")
        constraints = [models.CheckConstraint(name="tickets_border_of_some_area", condition=~models.Q(areas=[]))]
        indexes = [GinIndex(fields=["areas"], name="tickets_border_areas")]

    def __str__(self) -> str:
        """Whose."""
        return str(self.ticket_id)
