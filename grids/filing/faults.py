"""What may be wrong with a file, as words of a fixed list and numbers; `grids.filed_wording` says them to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float
Values = Mapping[str, Value]

MOST_ROWS = 200_000
MOST_COLUMNS = 250
MOST_LAYERS = 50
MOST_VERTICES_A_ROW = 100_000
MOST_VERTICES = 20_000_000
LONGEST_CELL = 10_000
"""Longer texts are cut here: nothing that is stored may be nearly as long."""


class Unreadable(Exception):
    """A file that cannot be read as a whole: `code` says why, `values` where and how much."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code = code
        self.values: dict[str, Value] = values


@dataclass(frozen=True, slots=True)
class Fault:
    """One row whose shape cannot be read: its number (1-based, as in the file) and why."""

    row: int
    code: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know of a file that can be read."""

    code: str
    values: Values = field(default_factory=dict)
