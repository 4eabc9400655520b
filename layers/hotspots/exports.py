"""An analysis on its way out, for the map; `layers.hotspots.files` makes files of it."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gis.shared.counts import told
from gis.shared.errors import Invalid
from gis.shared.geojson import collection, mapping
from grids.queries import locate_all
from layers.hotspots.analysis import HOT, LEAST_RESIDENTS, UNKNOWN, Analysis
from layers.hotspots.statistics import (
    ALPHAS,
    COLD_90,
    COLD_95,
    COLD_99,
    FEW,
    HOT_90,
    HOT_95,
    HOT_99,
    LEAST_EVENTS,
    NONE,
)
from layers.tickets.actions.numbers import place_zone

Ints = NDArray[np.int64]
COLD = (COLD_99, COLD_95, COLD_90)
CLASSES = {
    HOT_99: "hot-99",
    HOT_95: "hot-95",
    HOT_90: "hot-90",
    NONE: "none",
    COLD_90: "cold-90",
    COLD_95: "cold-95",
    COLD_99: "cold-99",
    FEW: "too-few",
    UNKNOWN: "unknown",
}
MOST_SPOTS = 20
MOST_SHAPES = 20_000
"""More cells are drawn as a picture of the view (`layers.hotspots.painting`)."""
MOST_MARKED = 2_000
"""Of those that stand out so many are told at once, the surest first."""
NAMED_RANK = 4
"""Spots are named by the areas down to this tier: the community and the compound."""
FEW_CELLS = 30
"""With fewer cells z scores are rough, and the answer says so."""


def asked(analysis: Analysis) -> dict[str, Any]:
    """The question with everything that was chosen, in the words of the query string."""
    question = analysis.question
    last = question.until - timedelta(microseconds=1) if question.until else None
    zone = place_zone()
    since, until = (at and timezone.localtime(at, zone).date().isoformat() for at in (question.since, last))
    words = {
        "cells": question.cells,
        "width": question.width_m,
        "area": question.area and str(question.area),
        "category": question.category,
        "since": since,
        "until": until,
        "per": question.per,
        "neighbours": question.neighbours,
        "nearest": question.nearest if question.neighbours == "nearest" else None,
        "within": question.within_m if question.neighbours in {"within", "walking"} else None,
        "chance": analysis.found.p_values,
        "seed": question.seed if analysis.found.p_values == "drawn" else None,
        "moment": timezone.localtime(question.moment, zone).isoformat(timespec="seconds"),
    }
    return {name: value for name, value in words.items() if value is not None}


def summary(analysis: Analysis) -> dict[str, Any]:
    """The figures of the headline."""
    found, classes = analysis.found, analysis.classes
    return {
        "cells": len(analysis.cells),
        "compared": int(analysis.among.sum()),
        "tickets": int(analysis.counts.sum()),
        "compared_tickets": int(analysis.counts[analysis.among].sum()),
        "outside": analysis.outside,
        "mean": round(found.mean, 4),
        "p_values": found.p_values,
        "before": found.before,
        "after": found.after,
        "cutoffs": {f"{alpha:.2f}": cutoff for alpha, cutoff in zip(ALPHAS, found.cutoffs, strict=True)},
        "hot": int(np.isin(classes, HOT).sum()),
        "spots": int(analysis.spots.max(initial=-1)) + 1,
        "cold": int(np.isin(classes, COLD).sum()),
        "pictured": pictured(analysis),
        "bbox": shapely.total_bounds(analysis.cells.extents).tolist() if pictured(analysis) else None,
        "too_few": int((classes == FEW).sum()),
        "unknown": int((classes == UNKNOWN).sum()),
        "least_events": LEAST_EVENTS,
        "least_residents": LEAST_RESIDENTS,
        "few_cells": int(analysis.among.sum()) < FEW_CELLS,
        "alone": analysis.alone,
        "constant": bool(len(analysis.counts[analysis.among]) and np.ptp(analysis.counts[analysis.among]) == 0),
        "residents": None if analysis.residents is None else int(np.nansum(analysis.residents)),
        "residents_hidden": analysis.residents_hidden,
        "coarse": analysis.whole.areas,
        "not_placed": told(analysis.whole.residents, exact=analysis.residents_exact),
        "link": urlencode(asked(analysis)),
    }


def columns(analysis: Analysis, numbers: Ints | None = None, shapes: Any = None) -> dict[str, list[Any]]:
    """What is told of each cell, or of some, by column; None where something is unknown or suppressed.

    `shapes`: the outlines of those cells where they are drawn already.
    """
    cells, found = analysis.cells, analysis.found
    if numbers is None:
        numbers = np.arange(len(cells))
    middles = shapely.get_coordinates(shapely.point_on_surface(cells.drawn(numbers) if shapes is None else shapes))
    rates = analysis.per_1000
    return {
        "cell": [cells.ids[at] for at in numbers.tolist()],
        "code": [cells.codes[at] for at in numbers.tolist()],
        "name_zh": [cells.names[at][0] for at in numbers.tolist()],
        "name_en": [cells.names[at][1] for at in numbers.tolist()],
        "lon": middles[:, 0].round(7).tolist(),
        "lat": middles[:, 1].round(7).tolist(),
        "tickets": analysis.counts[numbers].astype(int).tolist(),
        "neighbourhood": _numbers(analysis.spread(found.sums)[numbers], 0),
        "expected": _numbers(analysis.spread(found.expected)[numbers], 2),
        "residents": residents(analysis, numbers),
        "per_1000": [None] * len(numbers) if rates is None else _numbers(rates[numbers], 2),
        "z": _numbers(analysis.spread(found.z)[numbers], 4),
        "p": _significant(analysis.spread(found.p)[numbers]),
        "class": [CLASSES[value] for value in analysis.classes[numbers].tolist()],
        "spot": [None if spot < 0 else spot for spot in analysis.spots[numbers].tolist()],
    }


def residents(analysis: Analysis, numbers: Ints) -> list[int | str | None]:
    """Residents of some cells as they may be told."""
    if analysis.residents is None:
        return [None] * len(numbers)
    return [_people(value) for value in analysis.residents[numbers].tolist()]


def records(told: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Columns as one flat record a cell."""
    return (dict(zip(told, values, strict=True)) for values in zip(*told.values(), strict=True))


def pictured(analysis: Analysis) -> bool:
    """Whether there are more cells than a browser draws one by one."""
    return len(analysis.cells) > MOST_SHAPES


def marked(analysis: Analysis) -> Ints:
    """The cells that stand out, hot or cold, the surest first."""
    p = analysis.spread(analysis.found.p)
    found = np.flatnonzero(np.isin(analysis.classes, (*HOT, *COLD)))
    order: Ints = found[np.lexsort((found, p[found]))]
    return order


def page(marked: Ints, first: int) -> Ints:
    """Those told at once from one on; raises Invalid where there can be none."""
    if first < 0:
        raise Invalid(_("There is no such page."), code="bad-question")
    return marked[first : first + MOST_MARKED]


def features(analysis: Analysis, numbers: Ints | None = None) -> list[dict[str, Any]]:
    """GeoJSON features of all cells, or of some."""
    numbers = np.arange(len(analysis.cells)) if numbers is None else numbers
    shapes = analysis.cells.drawn(numbers)
    return shaped(columns(analysis, numbers, shapes), shapes)


def shaped(told: Mapping[str, list[Any]], shapes: Any) -> list[dict[str, Any]]:
    """Columns and outlines (shapely, lon lat) as GeoJSON features."""
    exact = shapely.set_precision(shapes, 1e-7, mode="pointwise")
    return [
        {"type": "Feature", "id": record["cell"], "geometry": mapping(shape), "properties": record}
        for record, shape in zip(records(told), exact, strict=True)
    ]


def document(analysis: Analysis) -> dict[str, Any]:
    """GeoJSON for the map: the cells (of too many only those that stand out), the question and the figures."""
    told = features(analysis, marked(analysis)[:MOST_MARKED] if pictured(analysis) else None)
    return collection(told, question=asked(analysis), summary=summary(analysis), spots=spots(analysis))


def spots(analysis: Analysis) -> list[dict[str, Any]]:
    """Hot cells side by side as one spot, most tickets first: how many, where, and its hottest cell."""
    count = int(analysis.spots.max(initial=-1)) + 1
    tickets = np.bincount(analysis.spots[analysis.spots >= 0], analysis.counts[analysis.spots >= 0], minlength=count)
    z = analysis.spread(analysis.found.z)
    told = np.argsort(-tickets, kind="stable")[:MOST_SPOTS].tolist()
    if not told:
        return []
    cells = [np.flatnonzero(analysis.spots == spot) for spot in told]
    hottest = [int(some[z[some].argmax()]) for some in cells]
    drawn = analysis.cells.drawn(np.array([*hottest, *(cell for some in cells for cell in some)], dtype=np.int64))
    middles = shapely.get_coordinates(shapely.point_on_surface(drawn[: len(told)]))
    boxes = np.split(shapely.bounds(drawn[len(told) :]), np.cumsum([len(some) for some in cells])[:-1])
    where = locate_all(middles, moment=analysis.question.moment)
    return [
        {
            "spot": spot, "tickets": int(tickets[spot]), "cells": len(some), "hottest": analysis.cells.ids[cell],
            "where": [row.name for row in chain if row.tier.rank <= NAMED_RANK][-2:],
            "bbox": [*box[:, :2].min(axis=0).tolist(), *box[:, 2:].max(axis=0).tolist()],
        }
        for spot, some, cell, chain, box in zip(told, cells, hottest, where, boxes, strict=True)
    ]  # fmt: skip


def _numbers(values: Any, digits: int) -> list[float | int | None]:
    rounded = [None if math.isnan(value) else round(value, digits) for value in values.tolist()]
    return [int(value) if value is not None and not digits else value for value in rounded]


def _significant(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else float(f"{value:.4g}") for value in values.tolist()]


def _people(value: float) -> int | str | None:
    """Residents; "<5" for one to four, so that nobody is pointed at; None = unknown."""
    if math.isnan(value):
        return None
    return "<5" if 0 < value < 5 else int(value)
