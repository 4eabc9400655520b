"""Everybody at a moment, read from the database by column, each as one array in bytes: 89,000 areas in a second."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from gis.shared.counts import LEAST
from gis.shared.geometry import Floats
from grids.discretion import PARTS, part_of
from grids.models import AgeBand
from grids.small_figures import STAIRWELL, households_told, stand_ins
from layers.coverage.covering import UNKNOWN
from layers.coverage.everybody import Bytes, Everybody, Flags, Numbers
from layers.coverage.inner import inner_points

AREAS = """
SELECT uuid_send(area.area_id), uuid_send(area.id), uuid_send(area.parent_id), area.code,
       tier.rank, coalesce(tier.grid_level, 0) > 0, tier.code = 'compound', coalesce(tier.grid_level, 1) = 1,
       tier.code = %s
FROM grids_boundary area JOIN grids_tier tier ON tier.id = area.tier_id
WHERE area.valid_from <= %s AND (area.valid_until IS NULL OR area.valid_until > %s)
"""
FIGURES = """
SELECT array_send(array_agg(figure.area_id)), array_send(array_agg(figure.age_band_id::bigint)),
       array_send(array_agg(figure.residents::integer)),
       array_send(array_agg(coalesce(figure.households, -1)::integer)),
       array_send(array_agg(figure.id IN (SELECT population_id FROM grids_populationpoint)))
FROM grids_population figure
WHERE figure.valid_from <= %s AND (figure.valid_until IS NULL OR figure.valid_until > %s)
"""
SPOTS = """
SELECT array_send(array_agg(figure.area_id)), array_send(array_agg(figure.age_band_id::bigint)),
       array_send(array_agg(spot.residents::integer)),
       array_send(array_agg(coalesce(spot.households, -1)::integer)),
       array_send(array_agg(ST_X(spot.point))), array_send(array_agg(ST_Y(spot.point)))
FROM grids_populationpoint spot JOIN grids_population figure ON figure.id = spot.population_id
WHERE (spot.residents > 0 OR spot.households IS NOT NULL) AND figure.valid_from <= %s
      AND (figure.valid_until IS NULL OR figure.valid_until > %s)
"""
FIGURE = {"area": "S16", "band": ">i8", "people": ">i4", "homes": ">i4", "placed": "?"}
SPOT = {"area": "S16", "band": ">i8", "people": ">i4", "homes": ">i4", "lon": ">f8", "lat": ">f8"}
HEAD_BYTES = 20
"""Of an array as the database sends it; then comes each value behind its length."""


def gathered(moment: datetime, bands: list[AgeBand], older: Everybody | None = None) -> Everybody:
    """Everybody at a moment from the database; what an `older` reading by the same rules knew of a boundary (a point
    inside) or of the same figures (what stands for small ones) is taken from it."""
    with connection.cursor() as cursor:
        cursor.execute(AREAS, [STAIRWELL, moment, moment])
        rows = sorted(cursor.fetchall(), key=lambda row: (row[3], bytes(row[0])))
    ids, boundaries, above = (_sixteens(row[column] for row in rows) for column in range(3))
    place, upper = _Places(ids), above.view("S16").ravel()
    own = _sent(FIGURES, moment, FIGURE)
    there = place.there(own["area"])
    own = {name: values[there] for name, values in own.items()}
    at, k = place.of(own["area"]), len(bands)
    band = _bands(own["band"], bands)
    figures = np.zeros((len(rows), k), dtype=np.int32)
    homes = np.full(len(rows), UNKNOWN, dtype=np.int32)
    free = ~own["placed"]
    figures[at[free], band[free]] = own["people"][free]
    housed = free & (own["homes"] >= 0)
    homes[at[housed]] = own["homes"][housed]
    spot_of, spots, spot_figures, spot_homes = _spots(place, moment, bands)
    parts, spot_parts = (_parts(one, bands) for one in (figures, spot_figures))
    stairwell = np.array([row[8] for row in rows], dtype=bool)
    stands, home_stands = _stands(ids, stairwell, parts, homes, older=older)
    spot_stands, spot_home_stands = _stands(ids[spot_of], stairwell[spot_of], spot_parts, spot_homes, spots=spots)
    return Everybody(
        ids=ids,
        rows=boundaries,
        parent=np.where(place.there(upper), place.of(upper), -1).astype(np.int32),
        rank=np.array([row[4] for row in rows], dtype=np.int32),
        grid=np.array([row[5] for row in rows], dtype=bool),
        compound=np.array([row[6] for row in rows], dtype=bool),
        named=np.array([row[7] for row in rows], dtype=bool),
        inner=_inner(boundaries, older),
        known=np.bincount(at, minlength=len(rows)) > 0,
        own=np.bincount(at[free], minlength=len(rows)) > 0,
        figures=figures,
        parts=parts,
        homes=homes,
        stands=stands,
        home_stands=home_stands,
        spot_of=spot_of,
        spots=spots,
        spot_figures=spot_figures,
        spot_parts=spot_parts,
        spot_homes=spot_homes,
        spot_stands=spot_stands,
        spot_home_stands=spot_home_stands,
    )


class _Places:
    """Numbers of areas by their ids. Ids are compared as sixteen bytes, of which numpy drops zeros at the end."""

    def __init__(self, ids: Bytes) -> None:
        """`ids` are (a, 16)."""
        words = ids.view("S16").ravel()
        self._order = np.argsort(words)
        self._sorted = words[self._order]

    def there(self, wanted: Any) -> Flags:
        """Which of some ids are among them."""
        if not len(self._sorted):
            return np.zeros(len(wanted), dtype=bool)
        found = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.asarray(self._sorted[found] == wanted)

    def of(self, wanted: Any) -> NDArray[np.intp]:
        """The numbers of some ids; of those that are not there, any."""
        if not len(self._sorted):
            return np.zeros(len(wanted), dtype=np.intp)
        return self._order[np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)]


def _sent(statement: str, moment: datetime, kinds: dict[str, str]) -> dict[str, Any]:
    """The columns of a statement; nothing of its 430,000 rows is taken into the hand one by one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment] * 2)
        sent = cursor.fetchone()
    found = {}
    for (name, kind), body in zip(kinds.items(), sent, strict=True):
        value = np.dtype([("length", ">i4"), ("value", kind)])
        values = np.frombuffer(body, dtype=value, offset=HEAD_BYTES) if body else np.zeros(0, dtype=value)
        found[name] = values["value"]
    return found


def _sixteens(ids: Iterable[bytes | None]) -> Bytes:
    """Ids as rows of sixteen bytes, zeros for none."""
    return np.frombuffer(b"".join(bytes(one or bytes(16)) for one in ids), dtype=np.uint8).reshape(-1, 16)


def _bands(found: Any, bands: list[AgeBand]) -> NDArray[np.intp]:
    """The column of each figure's age band."""
    order = np.argsort([band.pk for band in bands])
    return order[np.searchsorted(np.array([band.pk for band in bands])[order], found)]


def _spots(place: _Places, moment: datetime, bands: list[AgeBand]) -> tuple[Numbers, Floats, Numbers, Numbers]:
    """Where a file said that people live, by area and place: the area's number, where, who by age band, households."""
    rows = _sent(SPOTS, moment, SPOT)
    area = place.of(rows["area"])
    lon, lat = rows["lon"].astype(np.float64), rows["lat"].astype(np.float64)
    order = np.lexsort((lat, lon, area))
    order = order[place.there(rows["area"])[order]]
    area, lon, lat = area[order], lon[order], lat[order]
    rows = {name: values[order] for name, values in rows.items()}
    new = np.ones(len(area), dtype=bool)
    new[1:] = (np.diff(area) != 0) | (np.diff(lon) != 0) | (np.diff(lat) != 0)
    spot = np.cumsum(new) - 1
    figures = np.zeros((int(new.sum()), len(bands)), dtype=np.int32)
    np.add.at(figures, (spot, _bands(rows["band"], bands)), rows["people"])
    homes = np.full(len(figures), UNKNOWN, dtype=np.int32)
    housed = np.flatnonzero(rows["homes"] >= 0)
    homes[spot[housed]] = 0
    np.add.at(homes, spot[housed], rows["homes"][housed])
    lived_in = figures.any(axis=1) | (homes > 0)
    first = np.flatnonzero(new)[lived_in]
    return area[first].astype(np.int32), np.column_stack([lon[first], lat[first]]), figures[lived_in], homes[lived_in]


def _parts(figures: Numbers, bands: list[AgeBand]) -> Numbers:
    """Figures by age band as those by part."""
    found = np.zeros((len(figures), len(PARTS)), dtype=np.int32)
    for column, band in enumerate(bands):
        found[:, list(PARTS).index(part_of(band))] += figures[:, column]
    return found


def _stands(
    ids: Bytes,
    stairwell: Flags,
    parts: Numbers,
    homes: Numbers,
    *,
    spots: Floats | None = None,
    older: Everybody | None = None,
) -> tuple[Numbers, Numbers]:
    """The same with small figures replaced, as every door tells them to who has no duty (docs/decisions/0021); of areas
    whose figures an `older` reading had, too, what stood for them then."""
    stands, home_stands = parts.copy(), homes.copy()
    few = ((parts > 0) & (parts < LEAST)).any(axis=1) | ((homes > 0) & (homes < LEAST))
    if older is not None:
        place, wanted = _Places(older.ids), ids.view("S16").ravel()
        then = place.of(wanted)
        same = place.there(wanted)
        same &= (older.parts[then] == parts).all(axis=1) & (older.homes[then] == homes) if len(older) else False
        stands[same], home_stands[same] = older.stands[then[same]], older.home_stands[then[same]]
        few &= ~same
    for at in np.flatnonzero(few).tolist():
        area, figures = uuid.UUID(bytes=ids[at].tobytes()), parts[at].tolist()
        spot = None if spots is None else (float(spots[at, 0]), float(spots[at, 1]))
        inside = bool(stairwell[at])
        stands[at] = stand_ins(area, figures, spot, stairwell=inside)
        if homes[at] > 0:
            home_stands[at] = households_told(area, int(homes[at]), figures, spot, stairwell=inside)
    return stands, home_stands


def _inner(boundaries: Bytes, older: Everybody | None) -> Floats:
    """A point inside each boundary, which never changes."""
    found = np.zeros((len(boundaries), 2))
    missing = np.ones(len(boundaries), dtype=bool)
    if older is not None:
        place, wanted = _Places(older.rows), boundaries.view("S16").ravel()
        known = place.there(wanted)
        found[known] = older.inner[place.of(wanted[known])]
        missing = ~known
    found[missing] = inner_points([uuid.UUID(bytes=row.tobytes()) for row in boundaries[missing]])
    return found
