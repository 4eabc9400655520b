"""What happened to a ticket: rows are added, never changed or taken away (a trigger refuses it)."""

from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import Area
from layers.tickets.deadlines import Step
from layers.tickets.models.ticket import Ticket
from layers.tickets.models.words import State, Verb


class TicketEvent(models.Model):
    """One step: who, when, from which state to which, why, and who was responsible from then on."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events", verbose_name=_("ticket"))
    seq = models.PositiveIntegerField(_("order"))
    verb = models.CharField(_("move"), max_length=12, choices=Verb.choices)
    from_state = models.CharField(_("from"), max_length=12, choices=State.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=12, choices=State.choices)
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    actor_name = models.CharField(_("who (name)"), max_length=150, blank=True)
    by_rule = models.BooleanField(_("by rule"), default=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    reason_code = models.CharField(_("listed reason"), max_length=60, blank=True, db_default="", default="")
    until = models.DateTimeField(_("until"), null=True, blank=True)
    detail = models.JSONField(_("what else"), null=True, blank=True)
    """Of a corrected pin: {"before": …, "after": …}, each with lon, lat, raw, datum, accuracy_m and located."""
    responsible_area = models.ForeignKey(
        Area, on_delete=models.PROTECT, related_name="+", verbose_name=_("responsible area")
    )

    due_at = models.DateTimeField(_("next due from then on"), null=True, blank=True)

    class Meta:
        """Numbered from 1 within a ticket, so that two writers cannot both add the same step."""

        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ("ticket_id", "seq")
        constraints = [models.UniqueConstraint(fields=["ticket", "seq"], name="tickets_event_order")]

    def __str__(self) -> str:
        """What, when."""
        return f"{self.get_verb_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def step(self) -> Step:
        """What the clocks need to know of it."""
        return Step(self.verb, self.at, self.until)
