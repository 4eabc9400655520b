"""The ground of a moment, ready for many points: indexed once, shared by all workers, patched when it changes.

What is in force is named by the set of boundary rows (a row's shape, parent and code never change), so every door, a
roll-back and a correction of the past count. An index is built once for the place (grids.bases); a ground that differs
a little from it, another moment or one more edit, is a patch over it (grids.patching).
"""

import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

import numpy as np
from django.contrib.postgres.aggregates import BitXor
from django.db import connection
from django.db.models import BigIntegerField, Count, F, Func, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gis.shared.errors import Conflict
from grids.bases import Base, Row, indexed, newest, read, row_ids, shared, tiers_now
from grids.covering import GRID, Floats, Ints, edges_of, shapes_of
from grids.locating import Located, PointIndex
from grids.models import Boundary
from grids.patching import PatchedIndex, changed_boxes

MOST_BOXES = 400
MOST_OVER = 20_000
"""A patch of more changed boxes, or of more areas, is no longer quicker than a new index."""
MOST_KEPT = 8
TRIES = 10


class Hash(Func):
    """uuid_hash_extended(id, seed): 64 bits."""

    function = "uuid_hash_extended"
    output_field = BigIntegerField()


class Ground:
    """All areas of one moment; answers are positions in `area_ids`, where areas of other moments may stand too."""

    def __init__(
        self, ids: NDArray[np.uint8], index: PointIndex | PatchedIndex, deepest_rank: int | None = None
    ) -> None:
        """The (n, 16) bytes of the areas' ids and the index whose answers point at them."""
        self.ids, self.index, self._deepest_rank = ids, index, deepest_rank

    @cached_property
    def area_ids(self) -> list[uuid.UUID]:
        """The areas that answers point at."""
        return [uuid.UUID(bytes=row.tobytes()) for row in self.ids]

    def locate(self, xy: Floats) -> Located:
        """Owners and chains of (n, 2) lon, lat in degrees, by the same rule as `grids.queries.locate`."""
        return self.index.locate(xy, deepest_rank=self._deepest_rank)

    def chain_ids(self, chain: Iterable[int]) -> list[uuid.UUID]:
        """The area ids of one row of Located.chain, top first."""
        return [uuid.UUID(bytes=self.ids[number].tobytes()) for number in chain if number >= 0]

    def down_to(self, rank: int | None) -> "Ground":
        """The same ground without the tiers below a rank."""
        return Ground(self.ids, self.index, rank)


def ground_at(moment: datetime, *, deepest_rank: int | None = None) -> Ground:
    """Every area in force at a moment, or only the tiers down to a rank, ready to locate millions of points.

    What this process or a neighbour has indexed is used again when the same rows are in force, and patched when
    nearly the same are; building the first index of 89,000 areas takes a few seconds.
    """
    present = Boundary.objects.at(moment)
    where = database_key()
    for _try in range(TRIES):
        key = (where, version_of(present))
        if key not in _kept:
            ground = _ground(present, where)
            if ground is None or version_of(present) != key[1]:
                continue  # somebody saved while we read
            _kept[key] = ground
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key].down_to(deepest_rank)
    raise Conflict(_("The ground is being changed all the time; try again."), code="busy")


def version_of(present: QuerySet[Boundary]) -> str:
    """What names the ground that some boundaries make: the same rows and tiers give the same name, others another."""
    told = present.order_by().aggregate(
        count=Count("pk"), one=BitXor(Hash(F("pk"), Value(0))), two=BitXor(Hash(F("pk"), Value(1)))
    )
    halves = [(told[name] or 0) % 2**64 for name in ("one", "two")]
    return f"{told['count']:x}-{halves[0]:016x}{halves[1]:016x}-{tiers_now()}"


_kept: OrderedDict[tuple[str, str], Ground] = OrderedDict()
_bases: dict[str, Base] = {}


def forget() -> None:
    """Let go of what this process has indexed; files stay."""
    _kept.clear()
    _bases.clear()


def database_key() -> str:
    """This very database: its server and its number there, so that one made anew is another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT system_identifier, d.oid FROM pg_control_system(), pg_database d WHERE datname = current_database()"
        )
        system, number = cursor.fetchone()
    return f"{system:x}-{number:x}"


def _ground(present: QuerySet[Boundary], where: str) -> Ground | None:
    """A patch over the base that this process has or a neighbour left, else a new base; None: read again."""
    for base in (_bases.get(where), newest(where)):
        if base is not None and base.tiers == tiers_now():
            _bases[where] = base
            try:
                return _patched(base, present)
            except TooDifferent:
                continue
    base = _bases[where] = shared(present, where)
    return Ground(base.ids, base.index)


# The patch: what differs from the base


class TooDifferent(Exception):
    """A new base is quicker than a patch."""


def _patched(base: Base, present: QuerySet[Boundary]) -> Ground | None:
    """The ground of these rows as a patch over the base; None when rows changed while they were read."""
    rows = row_ids(present)
    added, gone = np.setdiff1d(rows, base.rows, assume_unique=True), np.isin(base.rows, rows, invert=True)
    if not len(added) and not gone.any():
        return Ground(base.ids, base.index)
    if len(added) + gone.sum() > 4 * MOST_BOXES:
        raise TooDifferent
    wanted = [uuid.UUID(bytes=added[at : at + 1].tobytes()) for at in range(len(added))]
    fresh = read(Boundary.objects.filter(pk__in=wanted))
    if len(fresh) != len(added):  # a correction withdrew one just now
        return None
    boxes = _changed(base, base.place[gone], fresh)
    if len(boxes) > MOST_BOXES:
        raise TooDifferent
    near = _near(present, boxes)
    if near.count() > MOST_OVER:
        raise TooDifferent
    over = _reachable(read(near))
    position = {row.area: number for number, row in enumerate(over)}
    extra = [row.area for row in over if row.area not in base.position]
    number_of = base.position | {area: len(base.ids) + number for number, area in enumerate(extra)}
    ids = np.vstack([base.ids, np.frombuffer(b"".join(extra), dtype=np.uint8).reshape(-1, 16)])
    index = indexed(over, [-1 if row.parent is None else position[row.parent] for row in over])
    numbers = np.array([number_of[row.area] for row in over], dtype=np.int32)
    return Ground(ids, PatchedIndex(base.index, boxes, index, numbers))


def _changed(base: Base, gone: Ints, fresh: Sequence[Row]) -> Ints:
    """Boxes outside which all points are answered as in the base; areas under another parent or code count whole."""
    shapes = shapes_of(np.array([row.shape for row in fresh], dtype=object))
    old = {base.ids[place].tobytes(): int(place) for place in gone}
    boxes = [base.index.box(place)[None] for place in old.values()]
    for number, row in enumerate(fresh):
        place = old.get(row.area)
        if place is not None and base.words[place] == row.words:
            boxes[list(old).index(row.area)] = changed_boxes(base.index.edges(place), edges_of(shapes, number))
        else:
            boxes.append(shapes.box[number][None])
    return np.vstack(boxes)


def _near(present: QuerySet[Boundary], boxes: Ints) -> QuerySet[Boundary]:
    """The rows whose envelope meets any of the boxes."""
    sides = [side.tolist() for side in (boxes / GRID).T]
    meeting = RawSQL(
        """
        SELECT met.id FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS box (w, s, e, n)
        JOIN grids_boundary met ON met.geometry && ST_MakeEnvelope(w, s, e, n, 4326)
        """,
        sides,
    )
    return present.filter(pk__in=meeting)


def _reachable(rows: list[Row]) -> list[Row]:
    """Without those below an area that is not near: it owns none of the points asked about."""
    by_area = {row.area: row for row in rows}

    def reached(row: Row) -> bool:
        """Whether all above it are among the rows."""
        while row.parent is not None:
            if row.parent not in by_area:
                return False
            row = by_area[row.parent]
        return True

    return [row for row in rows if reached(row)]
