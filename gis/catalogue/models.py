"""Lists a city edits, and the one place that this database holds."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis.shared.periods import Period, PeriodQuerySet


class Named(models.Model):
    """Abstract: something with a Chinese and an English name."""

    name_zh = models.CharField(_("Chinese name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)

    class Meta:
        """No table."""

        abstract = True

    def __str__(self) -> str:
        """The name in the active language."""
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language; the Chinese one where there is no other."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name_zh


class CatalogueRow(Named, Period):
    """Abstract: one row of a list. Code never tests for a city's own rows."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """In the city's order."""

        abstract = True
        ordering = ("order", "code")


class Place(Named):
    """What this database holds: the sample town, an imported extract or a real place. One row at most."""

    class Kind(models.TextChoices):
        """Where the data came from; the screen says so."""

        SAMPLE = "sample", _("sample data")
        IMPORTED = "imported", _("imported data")
        EMPTY = "empty", _("empty place")
        REAL = "real", _("live data")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    provisional = models.BooleanField(_("county, street and community are provisional"), default=False)
    attribution_zh = models.CharField(_("source in Chinese"), max_length=300, blank=True)
    attribution_en = models.CharField(_("source in English"), max_length=300, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")

    class Meta:
        """There is one."""

        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [models.CheckConstraint(name="catalogue_place_is_one", condition=models.Q(id=1))]

    @property
    def attribution(self) -> str:
        """The source line in the active language."""
        return self.attribution_en if (get_language() or "").startswith("en") else self.attribution_zh
