"""What a ticket is about: a list the city edits, with the hours it allows."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow
from layers.tickets.deadlines import Hours
from layers.tickets.models.words import Urgency


class Category(CatalogueRow):
    """A kind of matter; `short_zh` and `short_en` fit into a map pin."""

    short_zh = models.CharField(_("short name in Chinese"), max_length=8, blank=True)
    short_en = models.CharField(_("short name in English"), max_length=16, blank=True)
    duty = models.CharField(_("duty"), max_length=40, blank=True)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency.choices, default=Urgency.NORMAL)
    sign_hours = models.FloatField(_("hours to sign for it"), default=24)
    handle_hours = models.FloatField(_("hours to handle it"), default=168)

    class Meta(CatalogueRow.Meta):
        """Hours are more than none."""

        verbose_name = _("ticket category")
        verbose_name_plural = _("ticket categories")
        constraints = [
            *getattr(CatalogueRow.Meta, "constraints", []),
            models.CheckConstraint(
                name="tickets_category_hours_positive", condition=Q(sign_hours__gt=0, handle_hours__gt=0)
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
        return Hours(sign=self.sign_hours, handle=self.handle_hours)
