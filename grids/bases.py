"""An index of all boundaries of one state, made once for the place: a file that every worker maps into its memory."""

import hashlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db.models import Aggregate, BinaryField, F, Func, QuerySet
from numpy.typing import NDArray

from gis.shared.functions import AsWKB
from grids import mapped
from grids.covering import Ints
from grids.locating import PointIndex
from grids.models import Boundary, Tier

SHARED_FROM = 20_000
"""From this many areas on the index is worth a file; fewer are indexed faster than a file is found."""
MOST_FILES = 4
log = logging.getLogger(__name__)
Ids = NDArray[np.bytes_]
"""Sixteen bytes each; only compared, never read one by one, because numpy drops zeros at the end."""


class UuidBytes(Func):
    """uuid_send(id): its sixteen bytes."""

    function = "uuid_send"
    output_field = BinaryField()


class AllBytes(Aggregate):
    """The sixteen bytes of all ids, one after another."""

    function = "string_agg"
    template = "string_agg(uuid_send(%(expressions)s), ''::bytea)"
    output_field = BinaryField()


@dataclass(frozen=True, slots=True)
class Row:
    """One boundary as an index needs it; ids as sixteen bytes."""

    id: bytes
    area: bytes
    parent: bytes | None
    code: str
    rank: int
    shape: Any

    @property
    def words(self) -> int:
        """Parent and code as one number: what, beside the shape, decides who owns a point."""
        told = (self.parent or b"") + b"/" + self.code.encode()
        return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big", signed=True)


def read(rows: QuerySet[Boundary]) -> list[Row]:
    """Boundaries with their shapes."""
    wanted = [UuidBytes(name) for name in ("pk", "area_id", "parent_id")]
    found = list(rows.order_by().values_list(*wanted, "code", "tier__rank", AsWKB(F("geometry"))))
    shapes = shapely.from_wkb([bytes(row[5]) for row in found])
    return [
        Row(bytes(pk), bytes(area), parent and bytes(parent), code, rank, shape)
        for (pk, area, parent, code, rank, _wkb), shape in zip(found, shapes, strict=True)
    ]


def indexed(rows: Sequence[Row], parents: list[int]) -> PointIndex:
    """The point index of these rows."""
    return PointIndex(
        np.array([row.shape for row in rows], dtype=object),
        ranks=[row.rank for row in rows],
        parents=parents,
        codes=[row.code for row in rows],
        ids=[row.area.hex() for row in rows],
    )


def row_ids(present: QuerySet[Boundary]) -> Ids:
    """The ids of boundary rows, sorted."""
    body = present.order_by().aggregate(every=AllBytes("pk"))["every"]
    return np.sort(np.frombuffer(bytes(body or b""), dtype="S16"))


class Base:
    """An index of one ground, and which boundary rows it was made of."""

    def __init__(
        self, rows: Ids, place: Ints, ids: NDArray[np.uint8], words: Ints, tiers: str, index: PointIndex
    ) -> None:
        """`rows` are sorted, `place` is the position in `ids` and in the index of each, `words` its parent and code."""
        self.rows, self.place, self.ids, self.words, self.tiers, self.index = rows, place, ids, words, tiers, index

    @cached_property
    def position(self) -> dict[bytes, int]:
        """Where each area stands."""
        return {area.tobytes(): number for number, area in enumerate(self.ids)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but the order of the tiers."""
        own = {"rows": self.rows, "place": self.place, "ids": self.ids, "words": self.words}
        return {f"base_{name}": array for name, array in own.items()} | self.index.arrays()

    @classmethod
    def of_arrays(cls, arrays: dict[str, NDArray[Any]], tiers: str) -> "Base":
        """The base whose arrays these are."""
        rows, place, ids, words = (arrays[f"base_{name}"] for name in ("rows", "place", "ids", "words"))
        return cls(rows, place, ids, words, tiers, PointIndex.of_arrays(arrays))


def tiers_now() -> str:
    """The order of the tiers, as part of a version."""
    ranks = Tier.objects.order_by("pk").values_list("pk", "rank")
    return "".join(f"{pk:x}.{rank:x}" for pk, rank in ranks)


def built(present: QuerySet[Boundary]) -> Base:
    """Read and index every boundary, in one statement and so of one state; a few seconds for 89,000."""
    found = read(present)
    position = {row.area: number for number, row in enumerate(found)}
    index = indexed(found, [-1 if row.parent is None else position[row.parent] for row in found])
    rows = np.frombuffer(b"".join(row.id for row in found), dtype="S16")
    order = np.argsort(rows)
    ids = np.frombuffer(b"".join(row.area for row in found), dtype=np.uint8).reshape(-1, 16)
    words = np.array([row.words for row in found], dtype=np.int64)
    return Base(rows[order], order.astype(np.int64), ids, words, tiers_now(), index)


def shared(present: QuerySet[Boundary], where: str) -> Base:
    """A new base, made by one process at a time; kept in a file when it is large."""
    if present.count() < SHARED_FROM:
        return built(present)
    try:
        folder = _folder(where)
        mapped.private(folder)
        with mapped.alone(folder):
            for debris in folder.glob(".making-*"):  # of a process that was killed: nobody else is making
                debris.unlink(missing_ok=True)
            other = newest(where)  # a neighbour may have made it while we waited
            if other is not None and other.tiers == tiers_now() and np.array_equal(other.rows, row_ids(present)):
                return other
            base = built(present)
            mapped.write(folder / f"{uuid.uuid4()}.ground", base.arrays(), {"tiers": base.tiers})
            mapped.keep_newest(folder, "*.ground", MOST_FILES)
    except OSError as error:  # a full disk, a folder that is not ours: then every worker keeps its own
        log.warning("the index of the ground cannot be shared: %s", error)
        return built(present)
    return newest(where) or base


def _folder(where: str) -> Path:
    """The private folder of this database's indexes."""
    return Path(settings.GROUND_DIR) / where


def newest(where: str) -> Base | None:
    """The newest base that a process of this place has left, mapped; None when there is none that is sound."""
    try:
        dated = [(path.stat().st_mtime_ns, path) for path in _folder(where).glob("*.ground")]
    except OSError:
        return None
    for _age, path in sorted(dated, reverse=True):
        try:
            arrays, told = mapped.read(path)
            base = Base.of_arrays(arrays, str(told["tiers"]))
        except (OSError, mapped.Unsound, KeyError) as error:
            log.warning("an index of the ground is left aside: %s", error)
            path.unlink(missing_ok=True)
            continue
        return base
    return None
