"""Tickets high, coverage low: where hot spots of tickets meet residents who walk too far to any service.

For cells of every kind. Of a compound and above coverage is what it is elsewhere, summed up the tree of areas; of finer
areas and of hexagons it is that of the places where people live, each of which lies in one cell. Figures of areas above
a tier are no figures of its cells, and those of areas above a compound none of hexagons.
"""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from gis.shared.counts import LEAST, told
from gis.shared.geojson import collection
from grids.models import Tier
from grids.queries import locate_all
from layers.atlas.silence import Around, around, nobody_there
from layers.coverage.covering import Land
from layers.coverage.shares import coarser, reached, shares
from layers.coverage.whens import When
from layers.hotspots import exports, painting
from layers.hotspots.analysis import HOT as HOT_CLASSES
from layers.hotspots.analysis import Analysis, answer, areas_asked
from layers.hotspots.cells import Drawn, HexagonCells
from layers.hotspots.questions import HEXAGON, Question

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOT = {exports.CLASSES[value] for value in HOT_CLASSES}
NEEDS = (
    "both", "tickets", "hot-nobody", "hot-unknown",
    "coverage", "neither", "nobody", "unknown",
)  # fmt: skip
"""Hot cells, then the others: few of the residents reach a service; enough do; nobody is recorded there; not known."""
FEW, ENOUGH, NOBODY, UNKNOWN = range(4)
BOTH = 0
MOST_NAMED = 20
"""So many of the worst cells that have no name are told by the areas they lie in."""

_places: "WeakKeyDictionary[Drawn, tuple[Any, Ints, Around | None]]" = WeakKeyDictionary()
_lock = Lock()


@dataclass(frozen=True)
class Met:
    """An analysis with coverage beside it, by cell (n): residents and those within the limit, as they may be told (NaN:
    not known), and `need`, a place in NEEDS."""

    analysis: Analysis
    residents: Floats
    within: Floats
    need: NDArray[np.int8]
    exact: bool
    rests_on: dict[str, Any]

    @property
    def worst(self) -> Ints:
        """The cells that are both, most residents too far first."""
        both = np.flatnonzero(self.need == BOTH)
        far: Ints = both[np.lexsort((both, -(self.residents - self.within)[both]))]
        return far


def needs(question: Question, asker: Any, *, minutes: int, below: int, now: datetime) -> dict[str, Any]:
    """The cells with both answers, as GeoJSON; of very many those that are `both`, the worst first.

    Tickets are high where Gi* finds a hot spot after correction; coverage is low where fewer than `below` percent of
    the residents walk to a site in so many minutes. Raises what either analysis raises.
    """
    analysis = answer(question, asker, now=now)
    when = When(question.moment, question.moment != now)
    return document(met_with(analysis, asker, minutes=minutes, below=below, when=when, now=now), asker, now=now)


def document(met: Met, asker: Any, *, now: datetime) -> dict[str, Any]:
    """GeoJSON for the map: the cells (of too many only those that are both), the question and the figures of both."""
    analysis = met.analysis
    if exports.pictured(analysis):
        painting.remember(analysis, asker, now=now)
    found = listed(met)
    summary = exports.summary(analysis)
    summary["link"] += "&" + urlencode({name: met.rests_on[name] for name in ("minutes", "below", "current")})
    told_of = collection(found, question=exports.asked(analysis), summary=summary, spots=exports.spots(analysis))
    return told_of | {"coverage": met.rests_on}


def listed(met: Met) -> list[dict[str, Any]]:
    """All cells as GeoJSON features, or of too many those that are both, the worst first; the worst have names."""
    pictured, question, worst = exports.pictured(met.analysis), met.analysis.question, met.worst
    found = features(met, worst[: exports.MOST_MARKED] if pictured else np.arange(len(met.need)))
    if question.cells == HEXAGON:
        _named(found if pictured else [found[at] for at in worst[:MOST_NAMED].tolist()], question.moment)
    return found


def features(met: Met, numbers: Ints) -> list[dict[str, Any]]:
    """Some cells as GeoJSON features: what the analysis tells of them, and how many reach a service."""
    found = exports.features(met.analysis, numbers)
    columns = (met.residents[numbers], met.within[numbers], met.need[numbers])
    for feature, residents, within, need in zip(found, *(column.tolist() for column in columns), strict=True):
        known = residents == residents  # not NaN
        enough = known and residents >= (1 if met.exact else LEAST)
        feature["properties"] |= {
            "residents": told(int(residents), exact=met.exact) if known else None,
            "within": told(int(within), exact=met.exact) if known else None,
            "not_reached": told(int(residents - within), exact=met.exact) if known else None,
            "share": round(within / residents, 4) if enough else None,
            "need": NEEDS[need],
        }
    return found


def painted(met: Met, *, box: tuple[float, float, float, float], wide: int, high: int) -> dict[str, Any]:
    """The needs of all cells in a box of degrees, as `painting.picture` paints classes."""
    return painting.picture(met.analysis.cells, met.need, box=box, wide=wide, high=high, names=NEEDS)


def met_with(analysis: Analysis, asker: Any, *, minutes: int, below: int, when: When, now: datetime) -> Met:
    """An analysis with the coverage of a moment beside it."""
    question = analysis.question
    tops = areas_asked(question, asker, now=now)
    if question.cells != HEXAGON and _summed_by_tree(question.cells):
        column = shares(asker, tier=question.cells, tops=tops, minutes=minutes, when=when, now=now)
        rows = {str(area): row for area, row in column.rows.items()}
        both = [rows.get(cell, (None, None)) for cell in analysis.cells.ids]
        residents, within = np.array(both, dtype=np.float64).reshape(-1, 2).T
        nobody, coarse = residents == 0, column.coarse
        network, made_at, stale, exact = column.network, column.made_at, column.stale, column.exact
    else:
        places = reached(asker, tops=tops, minutes=minutes, when=when, now=now)
        network, made_at, stale, exact = places.network, places.made_at, places.stale, places.exact
        land = places.land
        rank = analysis.cells.rank
        cell, about = _cells_of(analysis, places.key, land)
        fits = (cell >= 0) & (land.leaf_rank >= rank)
        coarse = coarser(land, places.inside & places.known, rank)

        def count(of: Any, weights: Any = None) -> Floats:
            return np.bincount(cell[of], weights, minlength=len(analysis.cells)).astype(np.float64)

        told_of, hidden = fits & places.known, fits & ~places.known
        known = count(told_of) > 0
        residents = np.where(known, count(told_of, places.people[told_of]), np.nan)
        near = told_of & places.near
        within = np.where(known, count(near, places.people[near]), np.nan)
        nobody = (residents == 0) & (count(hidden) == 0)
        if about is not None:  # an area without any place has no figure; in a hexagon it depends on the ground
            nobody |= (count(fits) == 0) & nobody_there(about, land, places.known, rank)
    state = np.full(len(residents), UNKNOWN, dtype=np.int8)
    lived_in = np.nan_to_num(residents) > 0
    low = np.zeros(len(residents), dtype=bool)
    np.less(within * 100, residents * below, out=low, where=lived_in)
    state[lived_in] = np.where(low[lived_in], FEW, ENOUGH)
    state[nobody] = NOBODY
    hot = np.isin(analysis.classes, [value for value, name in exports.CLASSES.items() if name in HOT])
    need = np.where(hot, state, state + UNKNOWN + 1).astype(np.int8)
    rests_on = {
        "minutes": minutes, "below": below, "network": network, "made_at": made_at, "stale": stale,
        "rounded": not exact,
        "counts": {name: int((need == at).sum()) for at, name in enumerate(NEEDS)},
        "current": not when.past, "coarse": coarse, "hidden": analysis.residents_hidden,
    }  # fmt: skip
    return Met(analysis, residents, within, need, exact, rests_on)


def _summed_by_tree(tier: str) -> bool:
    """Whether coverage is told of areas of this tier elsewhere, too."""
    return Tier.objects.filter(code=tier).values_list("grid_level", flat=True).first() in {None, 1}


def _cells_of(analysis: Analysis, key: Any, land: Land) -> tuple[Ints, Around | None]:
    """The cell of each place, and what lies around the middle of each hexagon: found once for the cells at hand."""
    cells = analysis.cells
    with _lock:
        known = _places.get(cells)
    if known is None or known[0] != key:
        about = around(cells, land, analysis.question.moment) if isinstance(cells, HexagonCells) else None
        known = key, cells.of(land.points), about
        with _lock:
            _places[cells] = known
    return known[1], known[2]


def _named(found: list[dict[str, Any]], moment: datetime) -> None:
    """Say of cells without a name in which areas they lie: all located at once."""
    cells = [feature["properties"] for feature in found[:MOST_NAMED]]
    spots = np.array([(cell["lon"], cell["lat"]) for cell in cells], dtype=np.float64).reshape(-1, 2)
    for cell, chain in zip(cells, locate_all(spots, moment=moment), strict=True):
        cell["where"] = [row.name for row in chain[-2:]]
