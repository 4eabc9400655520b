"""Rows as they come through the bulk door, before anything is looked up or stored; plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gis.shared.datums import Datum


@dataclass(frozen=True, slots=True)
class Happening:
    """One move that already happened elsewhere or earlier: a verb of workflow.py at an aware instant."""

    verb: str
    at: datetime
    actor_name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One ticket to store; `line` is what a refusal names, lon and lat are degrees in `datum`.

    `history` holds the moves after the report, in order. Without an `id` the server makes one; a row
    with an external number is known by (source, number) and comes in once however often it is sent.
    """

    line: int
    lon: float
    lat: float
    category: str
    reported_at: datetime
    text: str = ""
    datum: Datum = Datum.WGS84
    id: UUID | None = None
    external_number: str = ""
    accuracy_m: float | None = None
    history: tuple[Happening, ...] = ()
    by: str = ""
    """The name of who reported it, where the sender's own is not meant: it stands on the report's event."""


@dataclass(slots=True)
class Outcome:
    """What became of many rows: how many are new, how many were here already, which were refused and why."""

    stored: int = 0
    already: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    refusals: int = 0
    """How many were refused; a caller that writes them down elsewhere may empty the list meanwhile."""

    def refuse(self, line: int, reason: str) -> None:
        """List one row of which nothing is stored."""
        self.refusals += 1
        self.refused.append((line, reason))
