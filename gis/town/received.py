"""Tickets of another system in this place: read, told, and stored with ground and categories where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import shapely
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Invalid
from gis.town.posts import demo_posts, fill_posts
from grids.imports import store_areas
from grids.models import Boundary
from grids.provisional import frame, hull
from layers.tickets.actions import import_rows
from layers.tickets.actions.reporting import current_categories
from layers.tickets.actions.storing import positions
from layers.tickets.imports import Manner, Reading, Table, read_rows
from layers.tickets.models import Category
from layers.tickets.records import Outcome, TicketRow

ACTOR = "import_tickets"
HULL_MARGIN_M = 500.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sender asks for besides reading: whose tickets they are and what may be made for them."""

    source: str
    county_from_hull: bool = False
    new_categories: bool = False
    name_zh: str = ""
    name_en: str = ""
    commit: bool = False


@dataclass(slots=True)
class Told:
    """What was (or would be) done with a file."""

    reading: Reading
    outcome: Outcome
    county: str = ""
    """The name of the provisional county made for it, if one was."""
    categories: list[str] = field(default_factory=list)
    """The categories added to the catalogue for it."""

    @property
    def refused(self) -> list[tuple[int, str]]:
        """Every line of which nothing is stored, with its reason, in the file's order."""
        placeless = [(line, _("no position")) for line in self.reading.placeless]
        return sorted([*self.reading.refused, *self.outcome.refused, *placeless])


@transaction.atomic
def receive(table: Table, manner: Manner, wish: Wish, *, now: datetime) -> Told:
    """Store the good rows of a table, or with commit=False find out what would happen and store nothing."""
    known = category_words(now)
    reading = read_rows(table, manner, known)
    told = Told(reading, Outcome())
    if wish.new_categories or wish.county_from_hull:
        told.categories = add_categories(reading, known, now)
        reading.rows = [_recategorised(row, known) for row in reading.rows]
    if wish.county_from_hull and not Boundary.objects.exists():
        told.county = make_county(reading.rows, manner, wish, now)
    told.outcome = import_rows(reading.rows, now=now, source=wish.source)
    if not wish.commit:
        transaction.set_rollback(True)
    return told


def category_words(now: datetime) -> dict[str, str]:
    """Words that stand for categories (code and both names, any case) → code."""
    words: dict[str, str] = {}
    for code, row in current_categories(now).items():
        words |= {word.casefold(): code for word in (row.name_en, row.name_zh, code) if word}
    return words


def add_categories(reading: Reading, known: dict[str, str], now: datetime) -> list[str]:
    """Add a catalogue row for each word of the file that has none, and extend `known` with them."""
    added = []
    after = max((row.order for row in Category.objects.all()), default=0)
    for number, word in enumerate(sorted(word for word in reading.words if word and word.casefold() not in known)):
        stem = slugify(word).replace("-", "_")[:50] or "category"
        code = stem
        taken = set(known.values())
        while code in taken:
            code = f"{stem}_{len(taken)}"
        Category.objects.create(
            code=code, name_zh=word[:120], name_en=word[:120], order=after + 1 + number, valid_from=now
        )
        known[word.casefold()] = code
        added.append(word)
    return added


def _recategorised(row: TicketRow, known: dict[str, str]) -> TicketRow:
    """The row under the code that its word has by now."""
    return replace(row, category=known.get(row.category.casefold(), row.category))


def make_county(rows: Sequence[TicketRow], manner: Manner, wish: Wish, now: datetime) -> str:
    """A provisional county, street and community round the points, with demonstration posts; returns its name."""
    sound = [row for row in rows if -180 <= row.lon <= 180 and -85 <= row.lat <= 85]
    if not sound:
        raise Invalid(_("No row has a position, so there is nothing to put a county round."), code="no-points")
    name_zh = wish.name_zh or wish.source
    name_en = wish.name_en or name_zh
    around = hull([shapely.multipoints(positions(sound))], margin_m=HULL_MARGIN_M)
    areas = frame(around, name_zh=name_zh, name_en=name_en)
    # in force from the first ticket on, so that every ticket lies in the ground of its own time
    begin = min([now, *(row.reported_at for row in sound)])
    store_areas(areas, reason=_("Provisional ground round imported tickets"), now=begin, actor=ACTOR)
    fill_posts(demo_posts(areas), now=now, actor=ACTOR)
    Place.objects.update_or_create(
        id=1,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "kind": Place.Kind.IMPORTED,
            "provisional": True,
            "time_zone": manner.zone.key,
        },
    )
    record(actor=ACTOR, verb="place.county-from-hull", subject=name_zh, now=now, detail={"points": len(sound)})
    return areas[0].name_zh


def name_of(path: Path) -> str:
    """How a file's system is called where nobody says it: the file's name without its ending."""
    return path.name.split(".")[0][:80]
