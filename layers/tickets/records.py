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


@dataclass(slots=True)
class Outcome:
    """What became of many rows: how many are new, how many were here already, which were refused and why."""

    stored: int = 0
    already: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
