"""Residents out of a file: every row judged and told, then stored as the figures of areas and of places in them.

A file goes by the codes of areas or by points (of hexagons, say). Points count in the area they lie in, those outside
every area for the nearest county; each keeps its own place. What is stored replaces the figures of the same areas;
the same file again changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.datums import Datum, to_wgs84
from gis.shared.errors import Conflict, Invalid
from gis.shared.geometry import snap_coordinates
from gis.shared.periods import FIRST_YEAR
from gis.shared.tables import copy_new
from grids import population_wording as wording
from grids.filing.faults import Unreadable
from grids.models import AgeBand, Boundary, Population, PopulationPoint, Tier
from grids.models.area import subtree_ids
from grids.permissions import areas_with, demand
from grids.population_columns import UNKNOWN, WORDS, Band, Counted, count, guess
from grids.population_files import Sheet, read_sheet
from grids.population_places import Homes, doubtful

VERB = "population.edit"
MOST_TOLD = 500
SAMPLES = 3
BATCH = 5000
Tell = Callable[[int, int | None, str], Any]
Spot = tuple[float, float, int, int | None, str]
"""A place: lon, lat, residents, households (None: unknown), number in the file."""
Value = tuple[int, int | None, tuple[tuple[float, float, int, int], ...]]
"""One figure with its places: residents, households, and (lon, lat, residents, households) of each place in order."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about a file: its columns (None: guessed), datum, the deepest tier to count in, since when."""

    columns: dict[str, str] | None = None
    datum: str = Datum.WGS84.value
    tier: str = ""
    source: str = ""
    since: datetime | None = None
    agreed: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What a file would become: figures by area and band, with their places; and everything to be told of it."""

    report: dict[str, Any]
    figures: dict[tuple[UUID, str], int] = field(default_factory=dict)
    places: dict[tuple[UUID, str], list[Spot]] = field(default_factory=dict)
    households: dict[tuple[UUID, str], int] = field(default_factory=dict)
    """Of areas, kept with one of their figures; without one they are unknown."""
    changed: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)
    """Areas above or below whose figures would count the same people again."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """Every line that was left out, and why."""

    @property
    def sound(self) -> bool:
        """Whether it may be stored."""
        return bool(self.report["sound"])


def silent(done: int, total: int | None, words: str) -> None:
    """Tell nobody."""


def examine(path: Path, said: Said, *, actor: Any, now: datetime, name: str = "", tell: Tell = silent) -> Found:
    """Read a file and say what it would become; raises Invalid when it cannot be read at all.

    `actor` None is the server's administrator, who may count everywhere.
    """
    if actor is not None:
        demand(actor, VERB, now=now)
    tell(0, None, _("Reading the file"))
    try:
        sheet = read_sheet(path)
    except Unreadable as fault:
        raise Invalid(wording.unreadable(fault), code=fault.code) from fault
    bands = list(AgeBand.objects.at(now).order_by("order", "code"))
    known = [Band(row.code, (row.name_zh, row.name_en), row.age_from, row.age_until) for row in bands]
    columns = guess(sheet.heads, known) if said.columns is None else _demanded(said.columns, sheet, known)
    found = Found(_about(sheet, columns, bands, said, name or path.name, now))
    wanting = wording.wanting(columns, [band.code for band in known])
    if wanting:
        found.report["wanting"] = wanting
        return found
    tell(0, len(sheet.rows), _("Checking rows"))
    counted = count(sheet, columns, [band.code for band in known])
    homes = Homes(now=now, deepest=_rank(said.tier), mine=None if actor is None else _mine(actor, now))
    _assign(found, counted, homes, columns, said)
    _compare(found, homes, said, now)
    return found


def store(found: Found, *, said: Said, actor: Any, now: datetime) -> dict[str, Any]:
    """Store what `examine` found in this transaction; raises Conflict when it may not be, or nothing is new."""
    if not found.sound:
        raise Conflict(_("Nothing was stored: look at the report."), code="not-sound")
    since = said.since or now
    bands = dict(AgeBand.objects.values_list("code", "pk"))
    source = found.report["source"]
    _end(found.changed | found.ended, since)
    keys = [key for key in found.figures if key[0] in found.changed]
    rows = [
        Population(
            area_id=area, age_band_id=bands[band], residents=found.figures[area, band],
            households=found.households.get((area, band)), source=source, valid_from=since,
        )
        for area, band in keys
    ]  # fmt: skip
    Population.objects.bulk_create(rows, batch_size=BATCH)

    def places() -> Iterable[tuple[Any, ...]]:
        for key, row in zip(keys, rows, strict=True):
            for lon, lat, residents, households, number in found.places.get(key, ()):
                yield row.pk, Point(lon, lat, srid=4326).hexewkb.decode(), residents, households, number

    copy_new(PopulationPoint, ["population_id", "point", "residents", "households", "number"], places())
    homes = [found.households[key] for key in keys if key in found.households]
    told = {
        "areas": len(found.changed),
        "residents": sum(found.figures[key] for key in keys),
        "households": sum(homes) if homes else None,
        "ended": len(found.ended),
    }
    record(actor=actor or "import_population", verb="population.import", subject=source, now=now, detail=told)
    return told


@transaction.atomic
def bring_in(
    path: Path, said: Said, *, actor: Any, now: datetime, name: str = "", commit: bool, tell: Tell = silent
) -> Found:
    """Examine a file and, with `commit`, store it; two at once wait for each other."""
    if commit:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE grids_population IN SHARE ROW EXCLUSIVE MODE")
    found = examine(path, said, actor=actor, now=now, name=name, tell=tell)
    if commit and found.changed | found.ended and found.sound:
        tell(0, None, _("Storing"))
        found.report["stored"] = store(found, said=said, actor=actor, now=now)
    return found


def said_from(given: Any, *, agreed: Iterable[str] = ()) -> Said:
    """What a person said, out of JSON: columns, datum, tier, source, since (a day); raises Invalid naming the field."""
    if not isinstance(given, dict):
        raise Invalid(_("The answers about the file are no JSON."), code="bad-request")
    columns = given.get("columns")
    texts = {name: given.get(name) or "" for name in ("datum", "tier", "source", "since")}
    plain = columns is None or (isinstance(columns, dict) and all(isinstance(head, str) for head in columns.values()))
    if not plain or not all(isinstance(text, str) for text in texts.values()):
        raise Invalid(_("The answers about the file cannot be read."), code="bad-request")
    datum = texts["datum"] or Datum.WGS84.value
    if datum not in {row.value for row in Datum}:
        words = _("There is no datum “%(datum)s”.") % {"datum": datum[:40]}
        raise Invalid(words, code="bad-datum", fields={"datum": words})
    return Said(
        columns=None if columns is None else {word: head for word, head in columns.items() if head},
        datum=datum,
        tier=texts["tier"],
        source=texts["source"].strip()[:200],
        since=_day(texts["since"]),
        agreed=tuple(agreed),
    )


def _day(text: str) -> datetime | None:
    """The beginning of a day; None for an empty text. Raises Invalid for anything else, and for a day to come."""
    if not text:
        return None
    words = _("“%(text)s” is no day like 2020-11-01 that has begun.") % {"text": text[:40]}
    try:
        day = date.fromisoformat(text)
        since = timezone.make_aware(datetime.combine(day, time.min))
    except (ValueError, OverflowError):
        since = None
    if since is None or since.year < FIRST_YEAR or since > timezone.now():
        raise Invalid(words, code="bad-date", fields={"since": words})
    return since


def _about(
    sheet: Sheet, columns: dict[str, str], bands: list[AgeBand], said: Said, name: str, now: datetime
) -> dict[str, Any]:
    """What the report says before any row is judged."""
    samples = {
        head: [cells[at][:40] for _line, cells in sheet.rows[:SAMPLES] if cells[at]]
        for at, head in enumerate(sheet.heads)
    }
    return {
        "file": {
            "name": name, "kind": sheet.kind, "encoding": sheet.encoding, "rows": len(sheet.rows) + len(sheet.odd),
            "columns": [{"name": head, "samples": samples[head]} for head in sheet.heads],
        },
        "map": columns,
        "words": list(WORDS),
        "bands": [{"code": band.code, "name": band.name} for band in bands if band.known],
        "by": "point" if "lon" in columns else "code",
        "source": (said.source or name)[:200],
        "since": (said.since or now).isoformat(),
        "sound": False,
        "storable": False,
        "wanting": "",
    }  # fmt: skip


def _demanded(columns: dict[str, str], sheet: Sheet, bands: list[Band]) -> dict[str, str]:
    """The chosen columns, when the file has them; raises Invalid."""
    words = {*WORDS, *(band.code for band in bands)}
    for word, head in columns.items():
        if word not in words:
            raise Invalid(wording.no_word(word, sorted(words)), code="bad-map", fields={"map": wording.no_such(word)})
        if head and head not in sheet.heads:
            message = wording.no_column(head, sheet.heads)
            raise Invalid(message, code="no-such-column", fields={f"map.{word}": message})
    return {word: head for word, head in columns.items() if head}


def _rank(tier: str) -> int | None:
    """The rank of the tier to count in at the deepest; raises Invalid."""
    if not tier:
        return None
    rank: int | None = Tier.objects.filter(code=tier).values_list("rank", flat=True).first()
    if rank is None:
        raise Invalid(_("There is no tier “%(tier)s”.") % {"tier": tier[:40]}, fields={"tier": _("Unknown")})
    return rank


def _mine(actor: Any, now: datetime) -> set[UUID]:
    """The areas in which the asker may enter residents."""
    tops = areas_with(actor, VERB, now=now)
    return set(Boundary.objects.at(now).filter(area_id__in=subtree_ids(tops, now)).values_list("area_id", flat=True))


def _assign(found: Found, counted: Counted, homes: Homes, columns: dict[str, str], said: Said) -> None:
    """Put every row into its area, sum by area and band, keep the places, and tell what could not be."""
    report = found.report
    faults = [(line, wording.fault(code, text)) for line, code, text in counted.faults]
    outside: list[int] = []
    cautions = []
    if "lon" in columns:
        xy = snap_coordinates(to_wgs84(counted.xy, Datum(said.datum)))
        areas, refused, away = homes.of_points(xy)
        outside = counted.lines[away].tolist()
        suspicion = doubtful(homes, xy)
        if suspicion is not None:
            cautions.append(wording.misplaced(suspicion))
    else:
        xy = counted.xy
        areas, refused = homes.of_codes(counted.codes)
    figures: dict[tuple[UUID, str], int] = defaultdict(int)
    places: dict[tuple[UUID, str], list[Spot]] = defaultdict(list)
    housed: dict[UUID, list[Spot]] = defaultdict(list)
    kept, unhoused = 0, 0
    for at, area in enumerate(areas):
        line = int(counted.lines[at])
        if area is None:
            faults.append((line, refused[at]))
            continue
        kept += 1
        lon, lat = float(xy[at, 0]), float(xy[at, 1])
        households = int(counted.households[at])
        if households == UNKNOWN:
            unhoused += 1
        else:
            housed[area].append((lon, lat, 0, households, counted.numbers[at]))
        for place, band in enumerate(counted.bands):
            residents = int(counted.figures[at, place])
            if residents == UNKNOWN:
                continue
            figures[area, band] += residents
            if "lon" in columns:
                places[area, band].append((lon, lat, residents, None, counted.numbers[at]))
    found.figures, found.places = dict(figures), dict(places)
    _settle(found, housed, counted.bands, by_point="lon" in columns)
    if "lon" not in columns:
        cautions += wording.nested(homes.nested({area for area, _band in figures}))
    if housed and sum(found.households.values()) > sum(figures.values()):
        cautions.append(wording.crowded(sum(found.households.values()), sum(figures.values())))
    by_band: dict[str, int] = defaultdict(int)
    for (_area, band), residents in figures.items():
        by_band[band] += residents
    found.faults = faults = sorted(faults)
    names = {band["code"]: band["name"] for band in report["bands"]}
    report |= {
        "rows": kept,
        "areas": len({area for area, _band in figures}),
        "residents": sum(figures.values()),
        "given": round(counted.given),
        "households": sum(found.households.values()) if housed else None,
        "unhoused": unhoused if housed else 0,
        "by_band": [
            {"code": band, "name": names.get(band, wording.ageless()), "residents": by_band[band]}
            for band in [*names, *(code for code in by_band if code not in names)]
            if band in by_band
        ],
        "rounded": counted.broken,
        "outside": {"count": len(outside), "lines": outside[:MOST_TOLD]},
        "fault_count": len(faults),
        "faults": [{"line": line, "message": message} for line, message in faults[:MOST_TOLD]],
        "cautions": cautions,
    }


def _settle(found: Found, housed: dict[UUID, list[Spot]], bands: list[str], *, by_point: bool) -> None:
    """Keep the households of each area with the first figure that the area has, and those of a place at its place."""
    for area, spots in housed.items():
        key = next((area, band) for band in bands if (area, band) in found.figures)
        found.households[key] = sum(spot[3] or 0 for spot in spots)
        if by_point:
            found.places[key] += spots


def _compare(found: Found, homes: Homes, said: Said, now: datetime) -> None:
    """What stands there already: the same figures, others to be replaced, and figures that count the same people."""
    report = found.report
    since = said.since or now
    areas = {area for area, _band in found.figures}
    rows = Population.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=since))
    standing = dict(rows.values_list("area_id").annotate(latest=Max("valid_from")))
    before = _values_of(rows.at(since), areas)
    fresh: dict[UUID, dict[str, Value]] = defaultdict(dict)
    for key, residents in found.figures.items():
        spots = tuple(sorted((*spot[:3], _plain(spot[3])) for spot in found.places.get(key, ())))
        fresh[key[0]][key[1]] = (residents, found.households.get(key), spots)
    later = sorted(area for area in areas if standing.get(area) is not None and standing[area] > since)
    found.changed = {area for area in areas if before.get(area) != fresh[area]}
    by_point = report["by"] == "point"
    spotted = set(PopulationPoint.objects.filter(population__in=rows).values_list("population__area_id", flat=True))
    again = {area for area in standing if not (by_point and area in spotted)} - areas
    found.ended = homes.related(found.changed, again)
    if found.ended:
        report["cautions"].append(wording.counted_twice(homes.names(found.ended), len(found.ended)))
    if later:
        report["cautions"].append(wording.later(homes.names(later), len(later)))
    report |= {
        "unchanged": len(areas) - len(found.changed),
        "replaced": len(found.changed & set(before)),
        "replaced_residents": _sum(rows.at(since), found.changed),
        "new": len(found.changed - set(before)),
    }
    open_questions = [one for one in report["cautions"] if one["ask"] and one["code"] not in said.agreed]
    blocked = any(one["code"] in ("later", "nested") for one in report["cautions"])
    report["storable"] = bool(found.changed) and not blocked
    report["sound"] = report["storable"] and not open_questions
    report["nothing_new"] = bool(areas) and not found.changed


def _values_of(rows: Any, areas: set[UUID]) -> dict[UUID, dict[str, Value]]:
    """The figures in force of some areas, with their places in order."""
    spots: dict[int, list[tuple[float, float, int, int]]] = defaultdict(list)
    chosen = rows.filter(area_id__in=list(areas))
    for figure, point, residents, households in PopulationPoint.objects.filter(population__in=chosen).values_list(
        "population_id", "point", "residents", "households"
    ):
        spots[figure].append((point.x, point.y, residents, _plain(households)))
    found: dict[UUID, dict[str, Value]] = defaultdict(dict)
    for pk, area, band, residents, households in chosen.values_list(
        "pk", "area_id", "age_band__code", "residents", "households"
    ):
        found[area][band] = (residents, households, tuple(sorted(spots[pk])))
    return found


def _plain(households: int | None) -> int:
    """A number that can be put in order, where None cannot."""
    return UNKNOWN if households is None else households


def _sum(rows: Any, areas: set[UUID]) -> int:
    """Residents of some areas as counted so far."""
    return int(rows.filter(area_id__in=list(areas)).aggregate(sum=Sum("residents"))["sum"] or 0)


def _end(areas: set[UUID], since: datetime) -> None:
    """Let the figures of areas end at an instant; what would have begun with it gives way."""
    rows = Population.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=since), area_id__in=list(areas))
    if rows.filter(valid_from__gt=since).exists():
        raise Conflict(_("Later figures stand there already; choose a later day."), code="later-figures")
    rows.filter(valid_from=since).delete()
    rows.filter(valid_from__lt=since).update(valid_until=since)
