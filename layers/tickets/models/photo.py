"""Photos of what happened: which step of a ticket brought them. Rows are added, never changed or taken away."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gis.files.models import Picture
from layers.tickets.models.event import TicketEvent


class TicketPhoto(models.Model):
    """One photo of one step, in the order in which they were added; a picture belongs to one step alone."""

    event = models.ForeignKey(TicketEvent, models.PROTECT, related_name="photos", verbose_name=_("ticket event"))
    position = models.PositiveSmallIntegerField(_("order"))
    picture = models.OneToOneField(Picture, models.PROTECT, related_name="+", verbose_name=_("photo"))

    class Meta:
        """Numbered from 1 within a step."""

        verbose_name = _("photo of a ticket")
        verbose_name_plural = _("photos of tickets")
        ordering = ("event_id", "position")
        constraints = [
            models.UniqueConstraint(fields=["event", "position"], name="tickets_photo_order"),
            models.CheckConstraint(name="tickets_photo_from_one", condition=models.Q(position__gte=1)),
        ]

    def __str__(self) -> str:
        """Which one of which step."""
        return f"{self.event_id}/{self.position}"
