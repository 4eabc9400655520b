"""The cells of questions, held by the process with what is slow to find out about them, while the ground stays.

A tiling is named by the ground (the set of boundary rows in force, docs/decisions/0009), the areas asked about and how
they are cut up. It remembers who is whose neighbour, in which cell every held ticket lies, and who lives in each.
"""

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from grids.ground import database_key, version_of
from grids.models import Boundary
from layers.hotspots.bases import Base
from layers.hotspots.cells import Cells, cells_for
from layers.hotspots.held import Held
from layers.hotspots.living import Span, living, span_of
from layers.hotspots.queries import Whole
from layers.hotspots.questions import HEXAGON, Question
from layers.hotspots.statistics import Floats, Neighbourhoods

MOST_CELLS_KEPT = 250_000
"""Of all tilings together: some hundred megabytes."""
MOST_RULES_KEPT = 3


@dataclass(frozen=True)
class People:
    """Residents of each cell (NaN: unknown; None: of all), and for which moments and snapshots that holds; `whole` are
    in no cell."""

    residents: Floats | None
    span: Span
    whole: Whole = field(default_factory=Whole)


@dataclass
class Tiling:
    """Cells and what is remembered of them; several threads may fill the same, and find the same.

    `ground` names the areas that it was made of; None where they changed meanwhile.
    """

    cells: Cells
    tops: list[uuid.UUID]
    ground: str | None = None
    _rules: dict[tuple[object, ...], tuple[Neighbourhoods, str]] = field(default_factory=dict)
    _tickets: tuple[ref[Base], NDArray[np.int64]] | None = None
    _people: dict[bool, People] = field(default_factory=dict)

    def neighbours(self, question: Question) -> tuple[Neighbourhoods, str]:
        """Who is whose neighbour, and by which rule; walks are found anew, because gates open and close."""
        if question.neighbours == "walking":
            return self.cells.neighbours(question)
        key = (question.neighbours, question.nearest, question.within_m)
        found = self._rules.get(key)  # asked once: another thread may let go of it
        if found is None:
            found = self.cells.neighbours(question)
            while len(self._rules) >= MOST_RULES_KEPT:
                self._rules.pop(next(iter(self._rules)), None)
            self._rules[key] = found
        return found

    def of_base(self, held: Held) -> NDArray[np.int64]:
        """The cell of every ticket of a base, -1 in none."""
        known = self._tickets
        if known is None or known[0]() is not held.base:
            known = self._tickets = (ref(held.base), self.cells.of(held.base.columns.xy))
        return known[1]

    def residents(self, moment: datetime, *, exact: bool) -> Floats | None:
        """Known residents of each cell, NaN where no area with known residents lies in it; None when there is none."""
        return self.people(moment, exact=exact).residents

    def people(self, moment: datetime, *, exact: bool) -> People:
        """The same, with those who are in no cell, because nobody knows where in a larger area they live."""
        known = self._people.get(exact)
        if known is not None and known.span.holds(moment):
            return known
        span, changed = span_of(moment)
        xy, count, whole = living(self.ground, self.tops, moment, exact=exact).from_rank(self.cells.rank)
        known = People(self._counted(xy, count), span, whole)
        if not changed:
            self._people[exact] = known
        return known

    def _counted(self, xy: Floats, count: Floats) -> Floats | None:
        """Those who live at known places by cell."""
        cell = self.cells.of(xy)
        if not (cell >= 0).any():
            return None
        inside = cell >= 0
        total = np.bincount(cell[inside], weights=count[inside], minlength=len(self.cells))
        known = np.bincount(cell[inside], minlength=len(self.cells)) > 0
        return np.where(known, total, np.nan)


def tiling(question: Question, tops: list[uuid.UUID]) -> Tiling:
    """The cells of a question over some areas; raises what `cells_for` raises."""
    ground = version_of(Boundary.objects.at(question.moment))
    width = question.width_m if question.cells == HEXAGON else None
    key = (database_key(), ground, tuple(sorted(tops)), question.cells, width)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    made = Tiling(cells_for(question, tops), tops, ground)
    # areas drawn between the two questions make cells that this name does not stand for
    if version_of(Boundary.objects.at(question.moment)) == ground:
        with _lock:
            made = _kept.setdefault(key, made)
            _kept.move_to_end(key)
            while len(_kept) > 1 and sum(len(one.cells) for one in _kept.values()) > MOST_CELLS_KEPT:
                _kept.popitem(last=False)
    else:
        made.ground = None
    return made


def forget() -> None:
    """Let go of all that is remembered."""
    with _lock:
        _kept.clear()


_kept: OrderedDict[tuple[object, ...], Tiling] = OrderedDict()
_lock = Lock()
