"""One analysis from question to answer: cells, counts, residents, Gi* and what is left of it after correction."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gis.shared.errors import Invalid
from grids.permissions import areas_with, demand, may
from layers.hotspots.cells import Cells
from layers.hotspots.held import Held, held
from layers.hotspots.neighbours import from_pairs, groups
from layers.hotspots.queries import Whole
from layers.hotspots.questions import Question
from layers.hotspots.statistics import HOT_90, HOT_95, HOT_99, Floats, Hotspots, Neighbourhoods, analyse
from layers.hotspots.tilings import Tiling, tiling
from layers.tickets.sight import category_ids, sight_of

VERB = "hotspot.read"
HOT = (HOT_99, HOT_95, HOT_90)
UNKNOWN = 8
"""Class of a cell that was left out because nobody knows how many live there."""
UNKNOWN_CATEGORY = -1
LEAST_RESIDENTS = 20
"""Of fewer residents no rate is given: one ticket more or less would turn it over."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer and everything another person needs to repeat it."""

    question: Question  # with what was chosen filled in
    cells: Cells
    counts: Floats  # (n,) tickets
    residents: Floats | None  # (n,) NaN = unknown; None = the asker may not know, or nobody does
    classes: NDArray[np.int8]  # (n,) as in statistics, or UNKNOWN
    spots: NDArray[np.int64]  # (n,) number of the spot (hot cells side by side) of each cell, -1 where it is not hot
    found: Hotspots  # over the cells `among` alone
    among: NDArray[np.bool_]  # (n,) cells that took part
    outside: int  # tickets of the period that lie in no cell
    alone: int  # cells that have no neighbour among those that took part
    residents_hidden: bool  # the asker may not read residents
    residents_exact: bool  # and reads them without small figures replaced
    whole: Whole = field(default_factory=Whole)  # residents of larger areas, in none of the cells

    def spread(self, values: Floats, missing: float = np.nan) -> Floats:
        """Values of the cells that took part, over all cells."""
        whole = np.full(len(self.among), missing)
        whole[self.among] = values
        return whole

    @property
    def per_1000(self) -> Floats | None:
        """Tickets per 1,000 residents; NaN where they are unknown or too few."""
        if self.residents is None:
            return None
        enough = np.nan_to_num(self.residents) >= LEAST_RESIDENTS
        rate: Floats = np.full(len(self.counts), np.nan)
        np.divide(self.counts * 1000, self.residents, out=rate, where=enough)
        return rate


def areas_asked(question: Question, asker: Any, *, now: datetime) -> list[uuid.UUID]:
    """The areas an analysis covers: the one asked for, or all that the asker may analyse. Raises Refused."""
    demand(asker, VERB, question.area, now=now)
    return [question.area] if question.area else areas_with(asker, VERB, now=now)


def answer(question: Question, asker: Any, *, now: datetime) -> Analysis:
    """Analyse; Invalid where it cannot be asked like this, Refused where the asker may not."""
    tops = areas_asked(question, asker, now=now)
    tiled = tiling(question, tops)
    cells = tiled.cells
    counts, outside = _counted(question, tiled, asker, now=now)
    hidden = not all(may(asker, "population.read", top, now=now) for top in tops)
    exact = all(may(asker, "population.exact", top, now=now) for top in tops)
    people = None if hidden else tiled.people(question.moment, exact=exact)
    residents, whole = (people.residents, people.whole) if people else (None, Whole())
    near, rule = tiled.neighbours(question)
    among = np.ones(len(cells), dtype=np.bool_)
    base = None
    if question.per == "residents":
        if residents is None:
            raise Invalid(
                _no_residents(hidden, whole), code="no-residents", fields={"per": _("Residents are not known here")}
            )
        among = np.nan_to_num(residents) > 0
        base = residents[among]
    chance = None if question.chance == "auto" else question.chance
    part = near if among.all() else _only(near, among)
    found = analyse(counts[among], part, base=base, p_values=chance, seed=question.seed)  # type: ignore[arg-type]
    classes = np.full(len(cells), UNKNOWN, dtype=np.int8)
    classes[among] = found.classes
    return Analysis(
        question=replace(question, width_m=cells.width_m, neighbours=rule, area=question.area),
        cells=cells,
        counts=counts,
        residents=residents,
        classes=classes,
        spots=groups(near, np.isin(classes, HOT)),
        found=found,
        among=among,
        outside=outside,
        alone=int((part.sizes == 0).sum()),
        residents_hidden=hidden,
        residents_exact=exact,
        whole=whole,
    )


def behind(
    question: Question, tiled: Tiling, number: int, asker: Any, *, now: datetime, most: int
) -> tuple[int, list[uuid.UUID], Floats]:
    """How many of the asker's tickets lie in one cell; of at most so many of them, newest first, ids and lon, lat."""
    tickets, old, new = _chosen(question, asker, now=now)
    old &= tiled.of_base(tickets) == number
    new[new] = tiled.cells.of(tickets.later.xy[new]) == number
    halves, xy = tickets.newest(old, new, most)
    ids = [uuid.UUID(int=one << 64 | two) for one, two in halves.tolist()]
    return int(old.sum() + new.sum()), ids, xy


def _counted(question: Question, tiled: Tiling, asker: Any, *, now: datetime) -> tuple[Floats, int]:
    """How many of the tickets that the asker may read lie in each cell, and how many in none."""
    tickets, old, new = _chosen(question, asker, now=now)
    cell = np.concatenate([tiled.of_base(tickets)[old], tiled.cells.of(tickets.later.xy[new])])
    inside = cell >= 0
    counts = np.bincount(cell[inside], minlength=len(tiled.cells)).astype(np.float64)
    return counts, int(len(cell) - inside.sum())


def _chosen(question: Question, asker: Any, *, now: datetime) -> tuple[Held, NDArray[np.bool_], NDArray[np.bool_]]:
    """The held tickets, and which of the base and of the later ones are asked about and may be read by the asker."""
    category = None
    if question.category:
        category = category_ids([question.category]).get(question.category, UNKNOWN_CATEGORY)
    tickets = held()
    sight = sight_of(asker, None, now=now)
    return tickets, *tickets.chosen(sight, since=question.since, until=question.until, category=category)


def _no_residents(hidden: bool, whole: Whole) -> str:
    if hidden:
        return _("Your appointments do not include residents' figures, so tickets cannot be set against them.")
    if whole.areas:
        return _("Residents were counted here only for larger areas than these cells. Choose a tier above them.")
    return _("No residents are recorded here, so there is nothing to set tickets against. Compare counts instead.")


def _only(near: Neighbourhoods, among: NDArray[np.bool_]) -> Neighbourhoods:
    """The neighbourhoods among some cells, renumbered."""
    number = np.cumsum(among) - 1
    one = np.repeat(np.arange(len(near)), np.diff(near.first))
    kept = among[one] & among[near.cells]
    return from_pairs(number[one[kept]], number[near.cells[kept]], int(among.sum()))
