"""Kept results: what was asked, by whom and when, and everything that was found."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """One analysis as it came out; the id is made by the client. It is never changed, only forgotten by its owner."""

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("kept by"))
    name = models.CharField(_("name of the result"), max_length=120)
    made_at = models.DateTimeField(_("made"))
    asked = models.JSONField(_("asked"), help_text=_("The words of the question as they were given."))
    question = models.JSONField(_("question"), help_text=_("The same with everything that was chosen, and the seed."))
    summary = models.JSONField(_("figures"))
    areas = ArrayField(models.UUIDField(), verbose_name=_("areas"))
    shows_residents = models.BooleanField(_("shows residents"))
    exact_residents = models.BooleanField(_("shows residents exactly"), default=True, db_default=True)
    document = models.BinaryField(
        _("cells"),
        help_text=_("z, p and class of every cell: GeoJSON packed by gzip, of very many cells columns by zip."),
    )

    class Meta:
        """Newest first, of one person."""

        verbose_name = _("kept hot spots")
        verbose_name_plural = _("kept hot spots")
        indexes = [models.Index(fields=["account", "-made_at"], name="hotspots_runs_of_an_account")]
        constraints = [
            models.CheckConstraint(name="hotspots_run_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="hotspots_run_has_areas", condition=Q(areas__len__gt=0)),
        ]

    def __str__(self) -> str:
        """Its name."""
        return self.name


class Touched(models.Model):
    """A ticket whose place, time, category or areas changed, or that residents did; triggers write it.

    Processes that hold all tickets (`layers.hotspots.held`) ask for the rows whose transaction their snapshot could not
    see. Rows are dropped after a week: nobody holds anything for longer than a day.
    """

    ticket_id = models.UUIDField(null=True, help_text=_("empty: all tickets, or residents"))
    residents = models.BooleanField(_("residents changed"))
    written_by = models.BigIntegerField(_("transaction"))
    written_at = models.DateTimeField(_("written"))

    class Meta:
        """Found by transaction, dropped by age."""

        verbose_name = _("change that hot spots follow")
        verbose_name_plural = _("changes that hot spots follow")
        indexes = [
            models.Index(fields=["written_by"], name="hotspots_touched_by"),
            models.Index(fields=["written_at"], name="hotspots_touched_at"),
        ]

    def __str__(self) -> str:
        """Which ticket, or that it were all."""
        return str(self.ticket_id or "all")
