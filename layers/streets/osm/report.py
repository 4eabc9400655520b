"""The account of an import: every object read is either used for something or left for a reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

TYPE_NAMES = {"n": "node", "w": "way", "r": "relation"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One object that a person should know about: it could have become something and did not, or not as mapped."""

    osm_type: str
    osm_id: int
    what: str
    reason: str
    name: str = ""
    lon: float | None = None
    lat: float | None = None

    @property
    def address(self) -> str:
        """Where the object can be looked up: type/id as OpenStreetMap writes it."""
        return f"{TYPE_NAMES[self.osm_type]}/{self.osm_id}"

    def document(self) -> dict[str, Any]:
        """The row as plain values."""
        told: dict[str, Any] = {"object": self.address, "what": self.what, "reason": self.reason, "name": self.name}
        return told if self.lon is None else told | {"lon": self.lon, "lat": self.lat}


@dataclass
class Report:
    """Counts by object type (n, w, r); one object may have several uses but only one reason to be left."""

    read: dict[str, int] = field(default_factory=lambda: {"n": 0, "w": 0, "r": 0})
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    listed: list[Listed] = field(default_factory=list)
    used: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def use(self, osm_type: str, osm_id: int, use: str) -> None:
        """Note that the object serves as `use` (a word such as way, building, gate)."""
        self.uses[osm_type, use] += 1
        self.used[osm_type].add(osm_id)

    def leave(self, osm_type: str, reason: str, count: int = 1) -> None:
        """Note that `count` objects serve as nothing, for this reason."""
        if count:
            self.left[osm_type, reason] += count

    def missing(self) -> dict[str, int]:
        """Objects read less those accounted for, by type; all zero in a true account."""
        return {
            kind: read - len(self.used[kind]) - sum(n for (of, _), n in self.left.items() if of == kind)
            for kind, read in self.read.items()
        }

    def document(self) -> dict[str, Any]:
        """The account as plain values, for a JSON file and for the audit record."""
        return {
            "read": {TYPE_NAMES[kind]: count for kind, count in self.read.items()},
            "used": {TYPE_NAMES[kind]: len(self.used[kind]) for kind in self.read},
            "uses": [[TYPE_NAMES[kind], use, count] for (kind, use), count in sorted(self.uses.items())],
            "left": [[TYPE_NAMES[kind], reason, count] for (kind, reason), count in sorted(self.left.items())],
            "listed": [row.document() for row in self.listed],
        }
