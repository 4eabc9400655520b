"""The lists a city edits: kinds of site, and the everyday services they offer."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow
from grids.models import Tier


class SiteKind(CatalogueRow):
    """County centre, community centre, station: a list the city edits."""

    short_zh = models.CharField(_("two characters in Chinese"), max_length=4, blank=True)
    short_en = models.CharField(_("short name in English"), max_length=12, blank=True)
    tier = models.ForeignKey(
        Tier,
        on_delete=models.PROTECT,
        to_field="code",
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tier it serves"),
    )
    symbol = models.CharField(_("symbol on the map"), max_length=12, default="dot")
    most = models.PositiveSmallIntegerField(_("most in one area"), null=True, blank=True)

    class Meta(CatalogueRow.Meta):
        """In the city's order."""

        verbose_name = _("kind of site")
        verbose_name_plural = _("kinds of site")


class Service(CatalogueRow):
    """What a resident gets at a site: who may, what to bring, how long it usually takes."""

    who_zh = models.CharField(_("who may, in Chinese"), max_length=200, blank=True)
    who_en = models.CharField(_("who may, in English"), max_length=200, blank=True)
    bring_zh = models.CharField(_("what to bring, in Chinese"), max_length=200, blank=True)
    bring_en = models.CharField(_("what to bring, in English"), max_length=200, blank=True)
    minutes = models.PositiveSmallIntegerField(_("usual minutes"), null=True, blank=True)

    class Meta(CatalogueRow.Meta):
        """In the city's order."""

        verbose_name = _("everyday service")
        verbose_name_plural = _("everyday services")

    @property
    def who(self) -> str:
        """Who may, in the active language."""
        return (in_english() and self.who_en) or self.who_zh

    @property
    def bring(self) -> str:
        """What to bring, in the active language."""
        return (in_english() and self.bring_en) or self.bring_zh


def in_english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")
