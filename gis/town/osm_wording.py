"""What an import says to the person at the keyboard: why a file cannot be read, what became of what, and why not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gis.town.opening.fitted import Fitted
from layers.streets.osm import UnreadableFile
from layers.streets.osm.report import TYPE_NAMES, Listed

MOST_LISTED = 100
"""So many objects of one kind and reason are told to the page; its file has all."""
STAGES = {
    "reading": gettext_lazy("Reading the file: objects so far"),
    "meaning": gettext_lazy("Asking every object what it is"),
    "fitting": gettext_lazy("Fitting compounds and buildings together, finding gates"),
    "checking": gettext_lazy("Checking what would be stored"),
}
SHOWN = 5
"""So many objects of one kind and reason are named on the screen; the report file holds all."""
TYPES = {
    "n": gettext_lazy("OpenStreetMap nodes"),
    "w": gettext_lazy("OpenStreetMap ways"),
    "r": gettext_lazy("OpenStreetMap relations"),
}
CONTENTS = {
    "pbf": gettext_lazy("OpenStreetMap PBF"),
    "xml": gettext_lazy("XML"),
    "gz": gettext_lazy("XML packed with gzip"),
    "bz2": gettext_lazy("XML packed with bzip2"),
    "other": gettext_lazy("no OpenStreetMap data"),
}
STORED = {
    "county": gettext_lazy("county (provisional)"),
    "street": gettext_lazy("street (provisional)"),
    "community": gettext_lazy("community (provisional)"),
    "compound": gettext_lazy("compounds (level 1)"),
    "building": gettext_lazy("buildings (level 2)"),
    "ways": gettext_lazy("streets and paths"),
    "walkable": gettext_lazy("of these walked on"),
    "barriers": gettext_lazy("walls and fences"),
    "gates-inferred": gettext_lazy("inferred gates"),
    "gates-mapped": gettext_lazy("mapped gates"),
    "features": gettext_lazy("shapes of the base map"),
}
USES = {
    "point": gettext_lazy("points of something used"),
    "gate": gettext_lazy("gates and bollards"),
    "wall": gettext_lazy("walls and fences"),
    "ring": gettext_lazy("rings of an area"),
    "holes": gettext_lazy("holes of an area"),
    "street": gettext_lazy("squares walked round"),
    "building": gettext_lazy("buildings"),
    "compound": gettext_lazy("residential compounds"),
    "water": gettext_lazy("water"),
    "green": gettext_lazy("green"),
    "landuse": gettext_lazy("other land"),
    "motorway": gettext_lazy("motorways"),
    "trunk": gettext_lazy("trunk roads"),
    "primary": gettext_lazy("primary roads"),
    "secondary": gettext_lazy("secondary roads"),
    "tertiary": gettext_lazy("tertiary roads"),
    "residential": gettext_lazy("minor roads"),
    "service": gettext_lazy("service roads"),
    "pedestrian": gettext_lazy("pedestrian streets"),
    "footway": gettext_lazy("footways"),
    "path": gettext_lazy("paths"),
    "steps": gettext_lazy("steps"),
    "cycleway": gettext_lazy("cycleways"),
    "track": gettext_lazy("tracks"),
    "rail": gettext_lazy("railways"),
}
REASONS = {
    "deleted-or-older": gettext_lazy("deleted, or an older version"),
    "nowhere": gettext_lazy("without a position on the globe"),
    "no-tags": gettext_lazy("without any tag"),
    "no-meaning-here": gettext_lazy("nothing this map shows"),
    "not-there": gettext_lazy("planned, being built or gone"),
    "not-an-area": gettext_lazy("routes, restrictions and the like"),
    "loose-point": gettext_lazy("points of nothing used"),
    "open": gettext_lazy("the ring is open"),
    "missing-parts": gettext_lazy("parts are missing from the file"),
    "too-few-points": gettext_lazy("too few points"),
    "no-area": gettext_lazy("no area"),
    "crossing": gettext_lazy("the ring crosses itself"),
    "cut-short": gettext_lazy("some points are missing from the file; drawn without them"),
    "straddling": gettext_lazy("across a compound's edge: stays a footprint"),
    "outside": gettext_lazy("in no compound: stays a footprint"),
    "overlapping": gettext_lazy("overlaps another one: stays a footprint"),
    "trimmed": gettext_lazy("cut where it overlapped another one"),
    "on-no-edge": gettext_lazy("on no compound's edge"),
    "refused:overlap": gettext_lazy("overlaps after rounding: stays a footprint"),
    "refused:escape": gettext_lazy("leaves its compound after rounding: stays a footprint"),
    "refused:crossing": gettext_lazy("crosses itself after rounding: stays a footprint"),
    "refused:too_small": gettext_lazy("too small for a grid: stays a footprint"),
}
THINGS = {
    "street": gettext_lazy("street or path"),
    "line": gettext_lazy("wall, stream or gate"),
    "building": gettext_lazy("mapped building"),
    "compound": gettext_lazy("mapped compound"),
    "water": gettext_lazy("water"),
    "green": gettext_lazy("green"),
    "landuse": gettext_lazy("other land"),
    "gate": gettext_lazy("gate or bollard"),
}


def why_unreadable(error: UnreadableFile, *, name: str = "") -> str:
    """One sentence: what is wrong with the file (called `name`, else by its path), where, and what to do."""
    words = {
        "missing": _("There is no file %(path)s."),
        "empty": _("%(path)s is empty."),
        "unknown-ending": _("%(path)s: the name must end in .osm.pbf, .osm, .osm.gz or .osm.bz2."),
        "other-content": _("%(path)s is not what its name says: it holds %(found)s."),
        "broken": _(
            "%(path)s is damaged or cut off: %(found)s (after %(objects)d objects). Fetch it again; nothing was stored."
        ),
        "too-wide": _(
            "%(path)s spans more than one place (%(found)s, degrees). Cut out a town or a county; nothing was stored."
        ),
        "packed-bomb": _(
            "%(path)s unpacks to more than %(found)s MB, far more than a map of its size: it was made to fill the"
            " memory. Nothing was stored."
        ),
        "too-many": _("%(path)s holds more than %(found)s objects. Cut out a county or a city; nothing was stored."),
        "too-much-memory": _(
            "%(path)s needs more than %(found)s MB of memory to read. Cut out a smaller part; nothing was stored."
        ),
        "too-slow": _("%(path)s could not be read in %(found)s seconds. Cut out a smaller part; nothing was stored."),
        "reader-died": _(
            "Reading %(path)s broke off: it is damaged, or needs more than %(found)s MB of memory. Nothing was stored."
        ),
        "no-streets": _("%(path)s holds %(objects)d objects but no street. Is it the right extract?"),
    }
    found = str(CONTENTS.get(error.found, error.found))
    return words[error.why] % {"path": name or error.path, "found": found, "objects": error.objects}


def told(plan: Fitted) -> Iterator[str]:
    """The report, line by line: what would be stored, the account of every object, what to look at."""
    account = plan.account
    yield _("%(file)s as “%(name)s”") % {"file": plan.file, "name": plan.name_zh}
    for kind, count in plan.counts().items():
        yield f"  {count:>8,}  {STORED[kind]}"
    for kind, words in (("compound", _("compounds")), ("building", _("buildings"))):
        if plan.unnamed.get(kind):
            yield "  " + _("%(count)d %(what)s have no name on the map and are called by a number.") % {
                "count": plan.unnamed[kind],
                "what": words,
            }
    yield "  " + _("Residents are not in OpenStreetMap: their number stays unknown.")
    yield _("Every object of the file:")
    for key, kind in TYPE_NAMES.items():
        left = [(reason, count) for of, reason, count in account["left"] if of == kind]
        yield "  " + _("%(what)s: %(read)s read = %(used)s used + %(left)s left") % {
            "what": TYPES[key],
            "read": f"{account['read'][kind]:,}",
            "used": f"{account['used'][kind]:,}",
            "left": f"{sum(count for _reason, count in left):,}",
        }
        uses = [f"{USES[use]} {count:,}" for of, use, count in account["uses"] if of == kind and count]
        if uses:
            yield "      " + _("used: %(list)s") % {"list": ", ".join(uses)}
        for reason, count in left:
            yield f"      {count:>8,}  {reason_words(reason)}"
    yield from _list(plan.listed)


def listed_words(row: Listed) -> tuple[str, str]:
    """(what an object on the list is, why it is there), in the active language."""
    return str(THINGS.get(row.what, row.what)), reason_words(row.reason)


def document(plan: Fitted) -> dict[str, Any]:
    """The report for the page: counts with their words, the account of every object, what to look at by groups."""
    account = plan.account
    return {
        "file": plan.file,
        "name_zh": plan.name_zh,
        "name_en": plan.name_en,
        "bbox": plan.bounds(),
        "stored": [{"code": kind, "title": str(STORED[kind]), "count": n} for kind, n in plan.counts().items()],
        "unnamed": plan.unnamed,
        "objects": [
            {
                "title": str(TYPES[key]),
                "read": account["read"][kind],
                "used": account["used"][kind],
                "left": [
                    {"title": reason_words(reason), "count": count}
                    for of, reason, count in account["left"]
                    if of == kind
                ],
            }
            for key, kind in TYPE_NAMES.items()
        ],
        "listed_count": len(plan.listed),
        "listed": [
            {
                "title": _("%(what)s: %(reason)s") % {"what": what, "reason": reason},
                "count": len(rows),
                "rows": [row.document() for row in rows[:MOST_LISTED]],
            }
            for (what, reason), rows in _groups(plan.listed)
        ],
    }


def reason_words(reason: str) -> str:
    """A reason in the active language."""
    kind, _colon, fault = reason.partition(":")
    if kind == "beyond-repair":
        return _("beyond repair: %(why)s") % {"why": REASONS[fault]}
    return str(REASONS.get(reason, reason))


def _list(listed: list[Listed]) -> Iterator[str]:
    """The objects to look at, grouped, a few of each by name."""
    if not listed:
        return
    yield _("To look at:")
    for (what, reason), rows in _groups(listed):
        words = _("%(what)s: %(reason)s") % {"what": what, "reason": reason}
        yield f"  {len(rows):>8,}  {words}"
        shown = [f"{row.address} {row.name}".strip() for row in rows[:SHOWN]]
        more = len(rows) - len(shown)
        rest = [ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}] if more else []
        yield "            " + ", ".join(shown + rest)


def _groups(listed: Sequence[Listed]) -> list[tuple[tuple[str, str], list[Listed]]]:
    """The objects to look at by (what, why) in words, in a fixed order."""
    groups: dict[tuple[str, str], list[Listed]] = defaultdict(list)
    for row in listed:
        groups[row.what, row.reason].append(row)
    return [(listed_words(rows[0]), rows) for _key, rows in sorted(groups.items())]
