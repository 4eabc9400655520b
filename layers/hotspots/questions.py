"""What a planner asks: over which cells, of which tickets, compared with what. Read from a query string."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid, Text
from gis.shared.periods import moment_from
from grids.models import Tier
from layers.hotspots.statistics import SEED
from layers.tickets.actions.numbers import place_zone
from layers.tickets.models import Category

HEXAGON = "hexagon"
WIDTHS_M = (50, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000)
"""Widths that are chosen when none is asked for."""
CHOICES: dict[str, tuple[str, ...]] = {
    "per": ("count", "residents"),
    "neighbours": ("auto", "touching", "nearest", "within", "walking"),
    "chance": ("auto", "skewed", "permutation", "drawn", "uneven", "poisson", "normal"),
}

PLACES = ("cells", "width", "area", "category", "since", "until", "moment")
NAMES = frozenset({*PLACES, "per", "neighbours", "nearest", "within", "chance", "seed"})
"""The words of a query string that make a question."""


@dataclass(frozen=True, slots=True)
class Question:
    """One analysis; `since` inclusive, `until` exclusive, None = open on that side."""

    moment: datetime
    cells: str = HEXAGON  # or the code of a tier
    width_m: float | None = None  # of hexagons; None = to be chosen
    area: uuid.UUID | None = None  # None = all areas of the asker
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    per: str = "count"
    neighbours: str = "auto"
    nearest: int = 8
    within_m: float = 500.0
    chance: str = "auto"
    seed: int = SEED  # of draws by chance


def read(values: Mapping[str, str], *, now: datetime) -> Question:
    """A Question from the words of a query string; Invalid names every field that cannot be read."""
    wrong: dict[str, Text] = {}

    def number(name: str, low: float, high: float, default: float | None) -> float | None:
        text = values.get(name, "")
        if not text:
            return default
        value = float(text) if re.fullmatch(r"\d{1,7}(\.\d{1,3})?", text) else -1.0
        if not low <= value <= high:
            wrong[name] = _("A number from %(low)g to %(high)g") % {"low": low, "high": high}
        return value

    def choice(name: str) -> str:
        text = values.get(name) or CHOICES[name][0]
        if text not in CHOICES[name]:
            wrong[name] = _("One of: %(choices)s") % {"choices": ", ".join(CHOICES[name])}
        return text

    def code(name: str, known: set[str]) -> str | None:
        text = values.get(name) or None
        if text is not None and text not in known:
            wrong[name] = _("There is no %(code)s") % {"code": text[:60]}
        return text

    tiers = {HEXAGON, *Tier.objects.values_list("code", flat=True)}
    area: uuid.UUID | None = None
    try:
        area = uuid.UUID(values["area"]) if values.get("area") else None
    except ValueError:
        wrong["area"] = _("Not the id of an area")
    since, until = _day(values, "since", wrong, last=False), _day(values, "until", wrong, last=True)
    if since and until and since >= until:
        wrong["until"] = _("The period must end after it begins")
    question = Question(
        moment=moment_from(values.get("moment"), now=now),
        cells=code("cells", tiers) or HEXAGON,
        width_m=number("width", 20, 20_000, None),
        area=area,
        category=code("category", set(Category.objects.values_list("code", flat=True))),
        since=since,
        until=until,
        per=choice("per"),
        neighbours=choice("neighbours"),
        nearest=int(number("nearest", 1, 60, 8) or 8),
        within_m=number("within", 10, 20_000, 500.0) or 500.0,
        chance=choice("chance"),
        seed=int(number("seed", 0, 9_999_999, SEED) or 0),
    )
    if wrong:
        raise Invalid(_("This cannot be analysed as asked."), code="bad-question", fields=wrong)
    return question


def _day(values: Mapping[str, str], name: str, wrong: dict[str, Text], *, last: bool) -> datetime | None:
    """The first instant of a day of the place, or with `last` the first after it; None when nothing is given."""
    text = values.get(name)
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 2999:
        wrong[name] = _("A date such as 2026-03-05")
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1) if last else day, time.min), place_zone())
