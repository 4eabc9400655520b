"""Where many tickets lie and who answers for them: each in the ground of its own time, by the point index."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from gis.shared.geometry import Floats
from grids.ground import Ground, ground_at
from grids.models import Boundary
from layers.tickets.answering import Answer, Roster
from layers.tickets.beyond import Beyond
from layers.tickets.columns import Ints, Words, micros_of
from layers.tickets.models import Placing, Responsibility
from layers.tickets.precision import reaches


class Placer:
    """The ground of all times and the posts of now; answers that tickets share are found once."""

    def __init__(self, now: datetime) -> None:
        """Read when the ground changed, and who is in office."""
        drawn = set(Boundary.objects.values_list("valid_from", flat=True).distinct())
        ended = set(Boundary.objects.exclude(valid_until=None).values_list("valid_until", flat=True).distinct())
        self.steps = sorted(drawn | ended)
        self.roster = Roster(None, now)
        self.answers: list[Answer] = []
        self._known: dict[tuple[Any, ...], int] = {}
        self._stretches: dict[datetime, _Stretch] = {}
        self._micros = np.array([micros_of(step) for step in self.steps], dtype=np.int64)

    def place(self, xy: Floats, reported: Ints, category: Words, accuracy: Floats) -> Ints:
        """Positions in `answers` of (n, 2) lon, lat; -1 outside every area. `accuracy` is nan where none is stated.

        Before anything was drawn the earliest ground counts, as for a single report.
        """
        found: Ints = np.full(len(xy), -1, dtype=np.int64)
        if not self.steps:
            return found
        when = np.maximum(np.searchsorted(self._micros, reported, side="right") - 1, 0)
        for step in np.unique(when).tolist():
            here = np.flatnonzero(when == step)
            found[here] = self._place(self._stretch(self.steps[step]), xy[here], category, here, accuracy[here])
        return found

    def beyond(self, top: int, beyond: Beyond) -> int:
        """The position in `answers` of what lies outside every area, where one of `beyond.tops` is nearest."""
        return self._keep(
            ("beyond", top),
            lambda: Answer(
                located=(),
                area=beyond.tops[top].area_id,
                chain=beyond.chain(top),
                because=Responsibility.OUTSIDE,
            ),
        )

    def _place(self, stretch: "_Stretch", xy: Floats, category: Words, here: Any, accuracy: Floats) -> Ints:
        """The same where the ground stood still."""
        chains = stretch.ground.locate(xy).chain
        depth = (chains >= 0).sum(axis=1)
        kept = stretch.claimed(chains, depth, accuracy)
        cut = kept < depth
        deepest = np.where(kept > 0, chains[np.arange(len(xy)), np.maximum(kept - 1, 0)], -1).astype(np.int64)
        matters = category.of[here]
        width = len(category.words)
        keys = (deepest * width + matters) * 2 + cut
        distinct, first, back = np.unique(keys, return_index=True, return_inverse=True)
        places = np.full(len(distinct), -1, dtype=np.int64)
        for number, row in enumerate(first.tolist()):
            if deepest[row] < 0:
                continue
            code = category.words[matters[row]]
            placing = Placing.ACCURACY if cut[row] else Placing.POINT
            chain = chains[row, : kept[row]]
            places[number] = self._keep(
                (stretch.moment, int(deepest[row]), code, placing),
                lambda chain=chain, code=code, placing=placing: replace(
                    self.roster.answer(stretch.ground.chain_ids(chain), code), placing=placing
                ),
            )
        result: Ints = places[back.reshape(-1)]
        return result

    def _keep(self, key: tuple[Any, ...], make: Any) -> int:
        """The position of an answer, made on first use."""
        if key not in self._known:
            self._known[key] = len(self.answers)
            self.answers.append(make())
        return self._known[key]

    def _stretch(self, moment: datetime) -> "_Stretch":
        """The ground from a moment on."""
        if moment not in self._stretches:
            self._stretches[moment] = _Stretch(moment)
        return self._stretches[moment]


class _Stretch:
    """The ground of one stretch of time, and how far its areas reach."""

    def __init__(self, moment: datetime) -> None:
        """Index it, or take the index that is there."""
        self.moment = moment
        self.ground: Ground = ground_at(moment)
        self._reach = np.full(len(self.ground.ids), np.nan)

    def claimed(self, chains: Any, depth: Any, accuracy: Floats) -> Any:
        """How many areas of each chain a position of this accuracy may name; the highest is never cut off."""
        kept = depth.copy()
        asked = np.flatnonzero(~np.isnan(accuracy) & (depth > 1))
        if not len(asked):
            return kept
        levels = chains[asked, 1:]
        self._learn(np.unique(levels[levels >= 0]))
        for _level in range(levels.shape[1]):
            last = kept[asked] - 1
            area = chains[asked, last]
            shorter = (last > 0) & (accuracy[asked] > self._reach[area])
            if not shorter.any():
                break
            kept[asked[shorter]] -= 1
            asked = asked[shorter]
        return kept

    def _learn(self, areas: Any) -> None:
        """Measure areas that were not measured yet."""
        wanted = areas[np.isnan(self._reach[areas])]
        if not len(wanted):
            return
        place = {uuid.UUID(bytes=self.ground.ids[number].tobytes()): int(number) for number in wanted}
        rows = Boundary.objects.at(self.moment).filter(area_id__in=list(place))
        told = [(place[area], bytes(shape.wkb)) for area, shape in rows.values_list("area_id", "geometry")]
        if told:
            shapes = shapely.from_wkb(np.array([shape for _number, shape in told], dtype=object))
            self._reach[[number for number, _shape in told]] = reaches(shapes)
