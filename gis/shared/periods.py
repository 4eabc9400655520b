"""Half-open periods of instants: `valid_from` ≤ moment < `valid_until`, where NULL means "still"."""

from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Func, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from gis.shared.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Moments outside these years are refused: nobody kept grids before, and nobody plans beyond."""


class PeriodQuerySet(QuerySet[Any, Any]):
    """Rows with a period. Queries compare the two columns: with the range operator the index is not used."""

    def at(self, moment: datetime) -> Self:
        """Rows in force at a moment."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=moment), valid_from__lte=moment)

    def kept(self, moment: datetime) -> Self:
        """Rows that have not ended by a moment, whenever they began: when a list was loaded does not bar older use."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=moment))

    def still(self) -> Self:
        """Rows whose period has no end."""
        return self.filter(valid_until__isnull=True)


class Period(models.Model):
    """Abstract: a row that holds from an instant until an instant."""

    valid_from = models.DateTimeField(_("from"), default=timezone.now)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        """A period has a length."""

        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_period_has_length",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
            )
        ]


class TsTzRange(Func):
    """tstzrange(from, until, '[)') for exclusion constraints; never for queries."""

    function = "tstzrange"
    output_field = models.CharField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        """Add the bounds argument."""
        super().__init__(*expressions, models.Value("[)"), **extra)


def moment_from(text: str | None, *, now: datetime) -> datetime:
    """The moment a query string names: empty = now, a date = the end of that local day (today = now), or an instant.

    Raises Invalid on anything else.
    """
    if not text or text == "now":
        return now
    try:
        day = parse_date(text) if len(text) == 10 else None
        instant = None if day else parse_datetime(text.replace(" ", "+"))
    except ValueError:
        day = instant = None
    named = day or instant
    if named is not None and not FIRST_YEAR <= named.year <= LAST_YEAR:
        day = instant = None  # arithmetic with time zones ends at the ends of the calendar
    if day:
        return end_of_day(day, now=now)
    if instant is None:
        raise Invalid(
            _("The moment %(text)s is not a date (2026-03-05) or a date and time (2026-03-05T14:30).") % {"text": text},
            code="bad-moment",
            fields={"moment": _("Not a date")},
        )
    return timezone.make_aware(instant) if timezone.is_naive(instant) else instant


def end_of_day(day: date, *, now: datetime) -> datetime:
    """The last microsecond of a local day; now, when the day is today."""
    if day == timezone.localdate(now):
        return now
    midnight = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    return midnight - timedelta(microseconds=1)
