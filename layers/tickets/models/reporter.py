"""Who reported a ticket: personal data in a table of its own, sealed from the first row."""

from datetime import datetime
from typing import Any, Self

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.tickets import workflow
from layers.tickets.models.ticket import Ticket


class ReporterQuerySet(models.QuerySet[Any, Any]):
    """Words for questions about reporters."""

    def kept(self) -> Self:
        """Those who are not anonymised."""
        return self.filter(anonymised_at__isnull=True)

    def outlived(self, ended_before: datetime) -> Self:
        """Those kept although their matter ended before a moment and was not taken up again."""
        return self.kept().filter(ticket__state__in=workflow.ENDED, ticket__changed_at__lt=ended_before)


class Reporter(models.Model):
    """One for a ticket. The three values are sealed (gis.shared.sealing), the database refuses plain ones.

    `phone_hash` finds the same caller again. Never deleted: after retention the values and the hash are emptied.
    """

    ticket = models.OneToOneField(
        Ticket, on_delete=models.PROTECT, primary_key=True, related_name="reporter", verbose_name=_("ticket")
    )
    name = models.BinaryField(_("name"), default=b"")
    phone = models.BinaryField(_("telephone"), default=b"")
    address = models.BinaryField(_("address"), default=b"")
    phone_hash = models.BinaryField(_("mark of the telephone number"), max_length=32, null=True)
    kept_at = models.DateTimeField(_("taken down"))
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True)

    objects = ReporterQuerySet.as_manager()

    class Meta:
        """Sealing, and that nothing is left after anonymising, is checked by the database (migration 0005)."""

        verbose_name = _("reporter")
        verbose_name_plural = _("reporters")
        constraints = [
            models.CheckConstraint(
                name="tickets_reporter_emptied",
                condition=Q(anonymised_at__isnull=True) | Q(name=b"", phone=b"", address=b"", phone_hash__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["phone_hash"], name="tickets_same_caller", condition=Q(phone_hash__isnull=False)),
            models.Index(fields=["ticket"], name="tickets_reporters_kept", condition=Q(anonymised_at__isnull=True)),
        ]

    def __str__(self) -> str:
        """The ticket's id: nothing of the person."""
        return str(self.ticket_id)
