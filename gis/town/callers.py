"""Who called about a matter of the sample town: invented people with numbers that nobody has. Plain logic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gis.town.names import GIVEN_ONE, GIVEN_TWO, SURNAMES
from gis.town.places import NOWHERE, Places, Town
from gis.town.seasons import Rng

PHONE = 10_900_000_000
"""Invented numbers begin with 109; mobile numbers begin with 13 to 19, so nobody is ever called by mistake."""
KEPT_DAYS = 150
"""Only matters of so many days have a caller: those of older ones would be anonymised by now."""
AGAIN = 0.35
"""So many of the calls come from somebody who called before."""


@dataclass(slots=True)
class Callers:
    """Callers by column: whose ticket (by number, ascending), their name, phone and address."""

    ticket: NDArray[np.int64]
    names: list[str]
    phones: list[str]
    addresses: list[str]

    def __len__(self) -> int:
        """How many."""
        return len(self.names)

    def __iter__(self) -> Iterator[tuple[int, str, str, str]]:
        """(number of the ticket, name, phone, address)."""
        return zip(self.ticket.tolist(), self.names, self.phones, self.addresses, strict=True)


def make_callers(town: Town, places: Places, called: NDArray[np.bool_], *, share: float, rng: Rng) -> Callers:
    """Callers for a share of the matters at homes that may have been `called` in; some call more than once."""
    homes = town.areas.homes
    ticket = np.flatnonzero(called & (places.home != NOWHERE) & (rng.random(len(called)) < share))
    # the same person again: with the name, number and home of an earlier call
    person = np.arange(len(ticket))
    again = (rng.random(len(ticket)) < AGAIN) & (person > 0)
    person[again] = (rng.random(int(again.sum())) * person[again]).astype(np.int64)
    for _round in range(40):  # to whoever called first
        person = person[person]
    chosen = rng.integers([len(SURNAMES), len(GIVEN_ONE), len(GIVEN_TWO)], size=(len(ticket), 3))[person].tolist()
    number = (PHONE + rng.integers(0, 100_000_000, len(ticket)))[person].tolist()
    at = places.home[ticket][person].tolist()
    return Callers(
        ticket=ticket,
        names=[SURNAMES[a][0] + GIVEN_ONE[b][0] + GIVEN_TWO[c][0] for a, b, c in chosen],
        phones=[str(value) for value in number],
        addresses=[_address(town, homes[home].area) for home in at],
    )


def _address(town: Town, area: UUID | None) -> str:
    """Compound, building and unit in one line."""
    parts: list[str] = []
    while area is not None and town.areas.by_id[area].tier in ("compound", "building", "unit"):
        row = town.areas.by_id[area]
        parts.insert(0, row.name_zh)
        area = row.parent
    return "".join(parts)
