"""All tickets of one snapshot by column, and the file in which the workers of a place share them."""

import logging
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from grids import mapped
from layers.hotspots.snapshots import State
from layers.hotspots.statistics import Floats

Ints = NDArray[np.int64]
SHARED_FROM = 20_000
"""From so many tickets on a base is worth a file."""
MOST_FILES = 2
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Columns:
    """Tickets by column: (n, 2) lon, lat; microseconds since EPOCH; ids of category, pair and ward."""

    xy: Floats
    at: Ints
    category: Ints
    pair: NDArray[np.int32]
    ward: NDArray[np.int32]

    def __len__(self) -> int:
        """How many."""
        return len(self.at)


@dataclass(frozen=True)
class Base:
    """All tickets of one snapshot, in the order of the first halves of their ids (`one`, `two`)."""

    one: NDArray[np.uint64]
    two: NDArray[np.uint64]
    columns: Columns
    state: State
    made_at: datetime

    def position(self, key: uuid.UUID) -> int:
        """Where a ticket stands; -1 where it does not."""
        high, low = np.uint64(key.int >> 64), np.uint64(key.int & 0xFFFFFFFFFFFFFFFF)
        first = int(np.searchsorted(self.one, high, side="left"))
        last = int(np.searchsorted(self.one, high, side="right"))
        found = np.flatnonzero(self.two[first:last] == low)
        return first + int(found[0]) if len(found) else -1


def shared(base: Base, where: str) -> Base:
    """The same base, from a file where it is large and a file can be written."""
    if len(base.columns) < SHARED_FROM:
        return base
    folder = _folder(where)
    columns = {name: getattr(base.columns, name) for name in Columns.__dataclass_fields__}
    told = {"state": asdict(base.state), "made_at": base.made_at.isoformat()}
    try:
        mapped.private(folder)
        with mapped.alone(folder):
            mapped.write(folder / f"{uuid.uuid4()}.tickets", {"one": base.one, "two": base.two, **columns}, told)
            mapped.keep_newest(folder, "*.tickets", MOST_FILES)
    except OSError as error:  # a full disk, a folder that is not ours: then every worker keeps its own
        log.warning("the tickets held for analyses cannot be shared: %s", error)
        return base
    return newest(where) or base


def newest(where: str) -> Base | None:
    """The newest base that a process of this place has left, mapped; None when there is none that is sound."""
    try:
        dated = [(path.stat().st_mtime_ns, path) for path in _folder(where).glob("*.tickets")]
    except OSError:
        return None
    for _age, path in sorted(dated, reverse=True):
        try:
            arrays, told = mapped.read(path)
            return Base(
                one=arrays["one"],
                two=arrays["two"],
                columns=Columns(**{name: arrays[name] for name in Columns.__dataclass_fields__}),
                state=State(**told["state"]),
                made_at=datetime.fromisoformat(told["made_at"]),
            )
        except (OSError, mapped.Unsound, KeyError, TypeError, ValueError) as error:
            log.warning("tickets held for analyses are left aside: %s", error)
            path.unlink(missing_ok=True)
            continue
    return None


def _folder(where: str) -> Path:
    """The private folder of this database's arrays."""
    return Path(settings.GROUND_DIR) / where
