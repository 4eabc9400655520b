"""What hangs on an area: asked before it ends, and let go when it does. Upper apps register theirs in `ready()`.

The ground knows no ticket and no site; it asks this registry, in a fixed order, inside its own transaction, so that
what was shown beforehand is what happens.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from grids.models import BoundaryChange

Fate = Literal["blocks", "ends"]
MOST_NAMES = 5


@dataclass(frozen=True)
class Hanging:
    """So many things of one kind: what they are called, and what happens to them when the area ends."""

    kind: str
    count: int
    fate: Fate
    title: str
    """A sentence with the number: what they are."""
    advice: str
    """What happens to them, or what to do first."""
    names: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For the page."""
        return {
            "kind": self.kind,
            "count": self.count,
            "fate": self.fate,
            "title": self.title,
            "advice": self.advice,
            "names": self.names[:MOST_NAMES],
        }


Preview = Callable[[UUID, datetime], Hanging | None]
Apply = Callable[[UUID, BoundaryChange], None]


@dataclass(frozen=True)
class Dependant:
    """One kind of thing that stands on areas."""

    kind: str
    preview: Preview
    """What of this kind hangs on an area at a moment; None for nothing."""
    apply: Apply | None = None
    """Let it go with the area; only for kinds whose fate is "ends"."""


_known: dict[str, Dependant] = {}


def register(dependant: Dependant) -> None:
    """Make a kind known; the order of registration is the order of asking and of letting go."""
    _known[dependant.kind] = dependant


def hanging_on(area: UUID, now: datetime) -> list[Hanging]:
    """Everything that hangs on an area now, in order."""
    found = (dependant.preview(area, now) for dependant in _known.values())
    return [hanging for hanging in found if hanging is not None and hanging.count]


def let_go(area: UUID, change: BoundaryChange) -> None:
    """Let each kind end what ends with the area."""
    for dependant in _known.values():
        if dependant.apply is not None:
            dependant.apply(area, change)
