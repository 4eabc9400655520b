"""The lists of tickets a city edits: duties, what a matter is about with the hours it allows, and reasons of moves."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow
from layers.tickets.deadlines import Hours
from layers.tickets.models.words import Kind, Urgency, Verb


class Duty(CatalogueRow):
    """One of the duties of those who answer for a grid."""

    class Meta(CatalogueRow.Meta):
        """In the city's order."""

        verbose_name = _("duty")
        verbose_name_plural = _("duties")


class Category(CatalogueRow):
    """A kind of matter; `short_zh` and `short_en` fit into a map pin."""

    short_zh = models.CharField(_("short name in Chinese"), max_length=8, blank=True)
    short_en = models.CharField(_("short name in English"), max_length=16, blank=True)
    duty = models.ForeignKey(
        Duty,
        on_delete=models.PROTECT,
        to_field="code",
        null=True,
        blank=True,
        related_name="categories",
        verbose_name=_("duty"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.MATTER)
    private = models.BooleanField(_("never shown to the public"), default=True)
    """Quarrels, care at home: that there is such a matter at a place says too much. A new category is not published
    until the city says so."""
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency.choices, default=Urgency.NORMAL)
    reply_hours = models.FloatField(_("hours to accept it or not"), default=24)
    sign_hours = models.FloatField(_("hours to sign for it"), default=24)
    handle_hours = models.FloatField(_("hours to handle it"), default=168)
    verify_hours = models.FloatField(_("hours to verify it"), default=72)

    class Meta(CatalogueRow.Meta):
        """Hours are more than none."""

        verbose_name = _("ticket category")
        verbose_name_plural = _("ticket categories")
        constraints = [
            *getattr(CatalogueRow.Meta, "constraints", []),
            models.CheckConstraint(
                name="tickets_category_hours_positive",
                condition=Q(reply_hours__gt=0, sign_hours__gt=0, handle_hours__gt=0, verify_hours__gt=0),
            ),
        ]

    @property
    def short(self) -> str:
        """The short name in the active language."""
        chinese = (get_language() or "zh").startswith("zh")
        return (self.short_zh if chinese else self.short_en) or self.short_zh or self.short_en

    @property
    def hours(self) -> Hours:
        """What the clocks allow, in calendar hours."""
        return Hours(sign=self.sign_hours, handle=self.handle_hours, reply=self.reply_hours, verify=self.verify_hours)


class MoveReason(CatalogueRow):
    """One reason that may be given for a move; `words_needed` where it says nothing without a sentence."""

    verb = models.CharField(_("move"), max_length=12, choices=Verb.choices)
    words_needed = models.BooleanField(_("needs words"), default=False)

    class Meta(CatalogueRow.Meta):
        """In the city's order."""

        verbose_name = _("reason of a move")
        verbose_name_plural = _("reasons of moves")
