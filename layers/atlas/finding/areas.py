"""Areas by code, by name, by the names of what they lie in ("和平社区 3号楼"); near the middle of the map first."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from grids.models import Boundary
from grids.models.area import BoundaryQuerySet
from layers.atlas.finding import asked, names

MOST = 8
MOST_ON_THE_WAY = 16
MOST_CANDIDATES = 150
MOST_WAYS = 4
SMALL_TIERS = 2
"""From this grid level on (buildings and stairwells) thousands bear one name: those near by are looked for first."""
NEAR_DEGREES = 0.02
SHORTEST_CODE = 3
SHORTEST_INITIALS = 5
"""Fewer letters are initials of too much in a row."""
LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hit:
    """An area and how close its name or code is (see `names`)."""

    area: uuid.UUID
    close: float
    by_code: bool = False


def find(
    words: str,
    *,
    moment: datetime,
    near: LonLat | None = None,
    most: int = MOST,
    alike: dict[str, float] | None = None,
    paths: bool = True,
) -> list[Hit]:
    """The areas that the words mean, closest first.

    `alike` is `names.matching(words)` where it is known; without `paths` several names in a row are not looked for.
    """
    plain = asked.plain(words)
    if not plain:
        return []
    found: dict[uuid.UUID, Hit] = {}

    def add(hits: list[Hit]) -> None:
        """Keep the closest way in which each was found."""
        for hit in hits:
            if hit.area not in found or hit.close < found[hit.area].close:
                found[hit.area] = hit

    add(_coded(words, moment))
    alike = names.matching(words) if alike is None else alike
    add(_of_names(alike, Boundary.objects.at(moment), near, MOST))
    if paths and min((hit.close for hit in found.values()), default=names.SLIP) > names.SOUNDS:
        add(_paths(words, moment, near))
        if not found and len(plain) >= SHORTEST_INITIALS and plain.isascii():
            add(_paths(words, moment, near, initials=True))
    # sorted() keeps the order of equals, which stand in the order of their tiers, then near before far
    ordered = sorted(found.values(), key=lambda hit: hit.close)
    # who meant what was found well has not slipped
    good = [hit for hit in ordered if hit.close < names.SLIP]
    return (good or ordered)[:most]


def _coded(words: str, moment: datetime) -> list[Hit]:
    """By the whole code or its beginning."""
    code = words.replace(" ", "")
    if len(code) < SHORTEST_CODE or not code.isascii() or not any(sign.isdigit() for sign in code):
        return []
    rows = Boundary.objects.at(moment).filter(code__startswith=code).order_by("tier__rank", "code")
    return [
        Hit(area, names.EXACT if whole == code else names.BEGINS, by_code=True)
        for area, whole in rows.values_list("area_id", "code")[:MOST]
    ]


def _of_names(close: dict[str, float], rows: BoundaryQuerySet, near: LonLat | None, most: int) -> list[Hit]:
    """Boundaries with these names: larger areas all, small ones near by first and only while there is room."""
    if not close:
        return []
    large = rows.exclude(tier__grid_level__gte=SMALL_TIERS)
    found = _rows(large.filter(_called(close)), close, near)[:most]
    classes: dict[int, list[str]] = {}
    for name, one in close.items():
        classes.setdefault(int(one), []).append(name)
    small = rows.filter(tier__grid_level__gte=SMALL_TIERS)
    for level in sorted(classes):
        room = most - sum(1 for hit in found if hit.close < level + 1)
        if room <= 0:
            break
        here = small.filter(_called(classes[level]))
        by = _rows(here.near(*_box(near)), close, near) if near else []
        found += by or _rows(here, close, near)
    return sorted(found, key=lambda hit: hit.close)[:most]


def _called(wanted: Iterable[str]) -> Q:
    """With one of these names."""
    several = list(wanted)
    return Q(name_zh__in=several) | Q(name_en__in=several)


def _box(near: LonLat) -> tuple[float, float, float, float]:
    """What counts as near by."""
    lon, lat = near
    return (lon - NEAR_DEGREES, lat - NEAR_DEGREES, lon + NEAR_DEGREES, lat + NEAR_DEGREES)


def _rows(rows: QuerySet[Any], close: dict[str, float], near: LonLat | None) -> list[Hit]:
    """Some boundaries by closeness, tier, distance from the middle of the map, code."""
    some = Boundary.objects.filter(pk__in=rows.order_by().values("pk")[:MOST_CANDIDATES])
    far = RawSQL("grids_boundary.geometry <-> ST_SetSRID(ST_MakePoint(%s, %s), 4326)", near) if near else F("code")
    found = some.order_by("tier__rank", far, "code").values_list("area_id", "name_zh", "name_en")
    hits = [Hit(area, min(close.get(zh, 9.0), close.get(en, 9.0))) for area, zh, en in found]
    return sorted(hits, key=lambda hit: hit.close)


# Several names in a row


def _paths(words: str, moment: datetime, near: LonLat | None, *, initials: bool = False) -> list[Hit]:
    """An area called by the names of those it lies in: "和平社区 3号楼", 幸福家园3号楼2单元, hepingshequ3haolou."""
    for pieces, heard in _ways(words, initials=initials):
        tops: list[uuid.UUID] | None = None
        for place, piece in enumerate(pieces):
            last = place == len(pieces) - 1
            close = {name: float(names.EXACT) for name in heard.get(piece, [])}
            if last:
                close = names.matching(piece, slips=not heard) | close
            hits = _inside(close, tops, moment, near, MOST if last else MOST_ON_THE_WAY)
            if last and hits:
                return hits
            tops = [hit.area for hit in hits]
            if not tops:
                break
    return []


def _ways(words: str, *, initials: bool) -> list[tuple[list[str], dict[str, list[str]]]]:
    """Ways to take the words apart, with the names that their pieces are."""
    tokens = [piece for piece in (asked.plain(token) for token in words.split()) if piece]
    ways: list[tuple[list[str], dict[str, list[str]]]] = []
    if len(tokens) > 1 and not initials:
        heard = {token: list(names.matching(token, slips=False)) for token in tokens[:-1]}
        ways.append((tokens, heard))
    for plain in dict.fromkeys(asked.plain(way) for way in (words, asked.other_numerals(words))):
        if len(plain) > 3:
            heard = names.known(asked.stretches(plain), initials=initials)
            ways += [(way, heard) for way in asked.cover(plain, set(heard))[:MOST_WAYS]]
    return ways


def _inside(
    close: dict[str, float], tops: Sequence[uuid.UUID] | None, moment: datetime, near: LonLat | None, most: int
) -> list[Hit]:
    """Areas of these names that lie in one of the tops, at any depth."""
    present = Boundary.objects.at(moment)
    if tops is None:
        return _of_names(close, present, near, most)
    boxes = [row.extent for row in present.filter(area_id__in=tops).values_list("geometry", flat=True)]
    around = Q()
    for box in boxes:
        around |= Q(pk__in=present.near(*box).values("pk"))
    candidates = _of_names(close, present.filter(around), near, MOST_CANDIDATES) if boxes else []
    inside = _below([hit.area for hit in candidates], list(tops), moment)
    return [hit for hit in candidates if hit.area in inside][:most]


def _below(areas: list[uuid.UUID], tops: list[uuid.UUID], moment: datetime) -> set[uuid.UUID]:
    """Those of the areas that have one of the tops above them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE up AS (
                SELECT area_id AS start, parent_id FROM grids_boundary
                WHERE area_id = ANY(%(areas)s) AND valid_from <= %(moment)s
                    AND (valid_until IS NULL OR valid_until > %(moment)s)
                UNION ALL
                SELECT up.start, above.parent_id FROM up JOIN grids_boundary above ON above.area_id = up.parent_id
                WHERE above.valid_from <= %(moment)s AND (above.valid_until IS NULL OR above.valid_until > %(moment)s)
                    AND up.parent_id <> ALL(%(tops)s)
            ) SELECT DISTINCT start FROM up WHERE parent_id = ANY(%(tops)s)
            """,
            {"areas": areas, "tops": tops, "moment": moment},
        )
        return {row[0] for row in cursor.fetchall()}


# Telling


def told(hits: Sequence[Hit], *, moment: datetime) -> list[dict[str, Any]]:
    """The areas as results: names, what they lie in, where they are; the code of those found by it."""
    present = Boundary.objects.at(moment)
    rows = {row.area_id: row for row in present.filter(area_id__in=[h.area for h in hits]).select_related("tier")}
    above = above_of(rows.values(), moment=moment)
    results = []
    for hit in hits:
        row = rows[hit.area]
        hint = [" › ".join(above[row.area_id]), row.tier.name, row.code if hit.by_code else ""]
        results.append(
            {
                "kind": "area",
                "id": str(row.area_id),
                "tier": row.tier.code,
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "hint": " · ".join(part for part in hint if part),
                "bbox": list(row.geometry.extent),
                "close": hit.close,
            }
        )
    return results


def above_of(rows: Iterable[Boundary], *, moment: datetime, levels: int = 2) -> dict[uuid.UUID, list[str]]:
    """The names of the nearest areas above each, the upper one first."""
    rows = list(rows)
    parent = {row.area_id: row.parent_id for row in rows}
    called: dict[uuid.UUID, str] = {}
    wanted = {row.parent_id for row in rows if row.parent_id}
    for _level in range(levels):
        found = Boundary.objects.at(moment).filter(area_id__in=wanted).defer("geometry")
        wanted = set()
        for row in found:
            called[row.area_id], parent[row.area_id] = row.name, row.parent_id
            wanted |= {row.parent_id} - {None}
    chains: dict[uuid.UUID, list[str]] = {}
    for row in rows:
        chain: list[str] = []
        at = row.parent_id
        while at in called and len(chain) < levels:
            chain.append(called[at])
            at = parent[at]
        chains[row.area_id] = chain[::-1]
    return chains
