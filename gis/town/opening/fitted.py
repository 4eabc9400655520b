"""What an extract would become, as plain rows: nothing is stored yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely

from grids.provisional import frame
from grids.records import AreaRecord
from layers.streets.osm.report import Listed
from layers.streets.records import BarrierRecord, FeatureRecord, GateRecord, WayRecord

TIERS = ("county", "street", "community", "compound", "building")
FRAME = 3
"""The first areas are county, street and community, of one shape."""


@dataclass
class Fitted:
    """Rows to store, and the account of every object read. `listed` is what a person should look at."""

    file: str
    name_zh: str
    name_en: str
    areas: list[AreaRecord] = field(default_factory=list)
    ways: Sequence[WayRecord] = ()
    gates: Sequence[GateRecord] = ()
    barriers: Sequence[BarrierRecord] = ()
    features: Sequence[FeatureRecord] = ()
    account: dict[str, Any] = field(default_factory=dict)
    """read, used: by object type; uses, left: [type, word, count]."""
    listed: list[Listed] = field(default_factory=list)
    unnamed: dict[str, int] = field(default_factory=dict)
    """Compounds and buildings without a name, which are called by a number."""

    def counts(self) -> dict[str, int]:
        """How many rows of which kind would be stored."""
        tiers = Counter(row.tier for row in self.areas)
        return {
            **{tier: tiers[tier] for tier in TIERS},
            "ways": len(self.ways),
            "walkable": sum(way.walkable for way in self.ways),
            "barriers": len(self.barriers),
            "gates-inferred": sum(gate.status == "inferred" for gate in self.gates),
            "gates-mapped": sum(gate.status == "mapped" for gate in self.gates),
            "features": len(self.features),
        }

    def document(self) -> dict[str, Any]:
        """The whole report as plain values: counts, the account of every object, the list."""
        told = {"file": self.file, "stored": self.counts(), "unnamed": dict(self.unnamed), **self.account}
        return told | {"listed": [row.document() for row in self.listed]}

    def bounds(self) -> list[float]:
        """West, south, east, north of the ground, in degrees."""
        return [float(side) for side in shapely.total_bounds(np.array([self.areas[0].geometry], object))]

    def renamed(self, name_zh: str, name_en: str) -> Fitted:
        """The same under another name; the three provisional areas get the ids of that name."""
        rows = frame(self.areas[0].geometry, name_zh=name_zh, name_en=name_en)
        before = self.areas[FRAME - 1].id
        below = [replace(row, parent=rows[-1].id) if row.parent == before else row for row in self.areas[FRAME:]]
        return replace(self, name_zh=name_zh, name_en=name_en, areas=rows + below)
