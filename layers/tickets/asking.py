"""What a reporter is told of a place before anything is stored, as one JSON document."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from grids.models import Boundary
from layers.tickets.answering import Answer, who_answers
from layers.tickets.documents import Document, Names, posts
from layers.tickets.surroundings import border_metres, borders, edge_m

MOST_BORDERS = 3


def told(
    lon: float,
    lat: float,
    *,
    category: str = "",
    accuracy_m: float | None = None,
    area: uuid.UUID | None = None,
    now: datetime,
) -> Document:
    """Where a WGS 84 place lies and how that was found, the borders close to it, and who answers there."""
    chain, answer = who_answers(lon, lat, category=category, accuracy_m=accuracy_m, area=area, now=now)
    deepest = chain[len(answer.located) - 1] if answer.located else None
    return {
        "lon": lon,
        "lat": lat,
        "placing": answer.placing,
        "tier": deepest.tier.name if deepest else None,
        "edge_m": edge_m(deepest, lon, lat) if deepest else None,
        "border": _border(lon, lat, chain, answer, accuracy_m, now),
    } | _who(answer, chain, category, now)


def _border(
    lon: float, lat: float, chain: list[Boundary], answer: Answer, accuracy_m: float | None, now: datetime
) -> Document:
    """Areas that begin so close by that the matter may be theirs; none of those the accuracy could not tell apart."""
    metres = border_metres(accuracy_m)
    near = borders(lon, lat, metres, [row.area_id for row in chain], now)
    unsure = {answer.located[-1]} if answer.located and len(answer.located) < len(chain) else set()
    kept = [(row, away) for row, away in near if row.parent_id not in unsure]
    return {
        "metres": round(metres),
        "areas": border_areas(kept[:MOST_BORDERS], now),
        "more": max(0, len(kept) - MOST_BORDERS),
    }


def border_areas(near: Sequence[tuple[Boundary, float]], moment: datetime) -> list[Document]:
    """Areas across a border with the metres to it, and `within` what: "Unit 1" alone could be any building's."""
    names = Names([row.parent_id for row, _away in near if row.parent_id], moment)
    return [
        {
            "id": str(row.area_id),
            "name": row.name,
            "code": row.code,
            "tier": row.tier.code,
            "within": names.of(row.parent_id) if (row.tier.grid_level or 0) > 1 else None,
            "away_m": away,
        }
        for row, away in near
    ]


def _who(found: Answer, chain: list[Boundary], category: str, now: datetime) -> Document:
    """The chain, what was left open below it, who answers and why."""
    names = Names([*(row.area_id for row in chain), *found.chain, *found.passed], now)
    return {
        "located": names.chain(found.located),
        "open_below": names.chain([row.area_id for row in chain[len(found.located) :]]),
        "responsible": names.of(found.area),
        "because": found.because,
        "because_text": found.because.label,
        "posts": posts([found.area], now, category=category),
        "passed": names.chain(found.passed),
        "then": names.of(found.then) if found.then else None,
    }
