"""Many tickets by column, as the bulk door checks, locates and stores them; numpy and plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from gis.shared.datums import Datum, to_wgs84
from gis.shared.geometry import Floats, snap_coordinates
from layers.tickets.records import Happening, TicketRow

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DATUMS = tuple(Datum)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE = int(np.iinfo(np.int64).min)
"""Stands for an instant without a time zone, which nothing can place."""


@dataclass(slots=True)
class Words:
    """n texts as positions in a list: what is asked of a text is asked once of each that differs."""

    of: Ints
    words: list[str]

    @classmethod
    def plain(cls, texts: list[str]) -> Words:
        """Texts of which most differ."""
        return cls(np.arange(len(texts), dtype=np.int64), texts)

    @classmethod
    def counted(cls, texts: Iterable[str]) -> Words:
        """Texts of which few differ."""
        place: dict[str, int] = {}
        of = np.fromiter((place.setdefault(text, len(place)) for text in texts), dtype=np.int64)
        return cls(of, list(place))

    @classmethod
    def same(cls, text: str, count: int) -> Words:
        """One text so many times."""
        return cls(np.zeros(count, dtype=np.int64), [text])

    def __len__(self) -> int:
        """How many texts."""
        return len(self.of)

    def __getitem__(self, index: int) -> str:
        """One of the texts."""
        return self.words[int(self.of[index])]

    def only(self, chosen: Bools) -> Words:
        """The texts where `chosen` is true."""
        return Words(self.of[chosen], self.words)

    def used(self) -> Words:
        """The same without words that none of the texts is."""
        kept, of = np.unique(self.of, return_inverse=True)
        return Words(of.reshape(-1).astype(np.int64), [self.words[place] for place in kept.tolist()])

    def through(self, words: Sequence[Any]) -> list[Any]:
        """What stands in `words` (one for each that differs) for each text."""
        return [words[place] for place in self.of.tolist()]


@dataclass(slots=True)
class Columns:
    """n tickets; their moves lie flat: those of ticket i are `starts[i]:starts[i + 1]` of verb, at, actor, reason."""

    line: Ints
    lon: Floats
    lat: Floats
    datum: NDArray[np.int8]
    """Positions in DATUMS."""
    category: Words
    reported: Ints
    """Microseconds since 1970 in UTC, as `at`; NAIVE where the time zone is missing."""
    text: Words
    number: Words
    """The number in the other system, empty where there is none."""
    accuracy: Floats
    measured: Bools
    """Where an accuracy is stated at all."""
    by: Words
    """Who reported it, by name; empty where the sender did."""
    starts: Ints
    verb: Words
    at: Ints
    actor: Words
    reason: Words
    ids: NDArray[np.uint8] | None = None
    """(n, 16) bytes made by the client; None, or zeros in a row: the server makes one."""

    def __len__(self) -> int:
        """How many tickets."""
        return len(self.line)

    def id_of(self, index: int) -> UUID | None:
        """The id that the client gave a ticket."""
        found = UUID(bytes=self.ids[index].tobytes()) if self.ids is not None else None
        return found if found is not None and found.int else None

    def row(self, index: int) -> TicketRow:
        """One ticket as a row, as the one-row rules and messages want it."""
        steps = range(int(self.starts[index]), int(self.starts[index + 1]))
        return TicketRow(
            line=int(self.line[index]),
            lon=float(self.lon[index]),
            lat=float(self.lat[index]),
            category=self.category[index],
            reported_at=instant(self.reported[index]),
            text=self.text[index],
            datum=DATUMS[self.datum[index]],
            id=self.id_of(index),
            external_number=self.number[index],
            accuracy_m=float(self.accuracy[index]) if self.measured[index] else None,
            history=tuple(Happening(self.verb[k], instant(self.at[k]), self.actor[k], self.reason[k]) for k in steps),
            by=self.by[index],
        )

    def only(self, chosen: Bools) -> Columns:
        """The tickets where `chosen` is true, with their moves."""
        if chosen.all():
            return self
        counts = np.diff(self.starts)
        moves = np.repeat(chosen, counts)
        return Columns(
            line=self.line[chosen], lon=self.lon[chosen], lat=self.lat[chosen], datum=self.datum[chosen],
            category=self.category.only(chosen), reported=self.reported[chosen], text=self.text.only(chosen),
            number=self.number.only(chosen), accuracy=self.accuracy[chosen], measured=self.measured[chosen],
            by=self.by.only(chosen), starts=offsets(counts[chosen]), verb=self.verb.only(moves), at=self.at[moves],
            actor=self.actor.only(moves), reason=self.reason.only(moves),
            ids=None if self.ids is None else self.ids[chosen],
        )  # fmt: skip

    def positions(self) -> Floats:
        """(n, 2) lon, lat in WGS 84 on the fixed grid."""
        xy: Floats = np.column_stack([self.lon, self.lat])
        for place in np.unique(self.datum):
            chosen = self.datum == place
            xy[chosen] = to_wgs84(xy[chosen], DATUMS[place])
        return snap_coordinates(xy)


def offsets(counts: Sequence[int] | Ints) -> Ints:
    """Where each of several runs of such lengths begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))]).astype(np.int64)


def instant(micros: Any) -> datetime:
    """Microseconds since 1970 → aware instant; NAIVE → a time without a zone."""
    return EPOCH.replace(tzinfo=None) if micros == NAIVE else EPOCH + timedelta(microseconds=int(micros))


def micros_of(moment: datetime) -> int:
    """An instant in microseconds since 1970; NAIVE without a time zone."""
    if moment.tzinfo is None:
        return NAIVE
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def columns_of(rows: Sequence[TicketRow]) -> Columns:
    """Rows by column."""
    moves = [happening for row in rows for happening in row.history]
    ids = b"".join(row.id.bytes if row.id else bytes(16) for row in rows) if any(row.id for row in rows) else None
    return Columns(
        line=np.array([row.line for row in rows], dtype=np.int64),
        lon=np.array([row.lon for row in rows], dtype=np.float64),
        lat=np.array([row.lat for row in rows], dtype=np.float64),
        datum=np.array([DATUMS.index(row.datum) for row in rows], dtype=np.int8),
        category=Words.counted(row.category for row in rows),
        reported=np.array([micros_of(row.reported_at) for row in rows], dtype=np.int64),
        text=Words.plain([row.text for row in rows]),
        number=Words.plain([row.external_number for row in rows]),
        accuracy=np.array([np.nan if row.accuracy_m is None else row.accuracy_m for row in rows], dtype=np.float64),
        measured=np.array([row.accuracy_m is not None for row in rows], dtype=np.bool_),
        by=Words.counted(row.by for row in rows),
        starts=offsets([len(row.history) for row in rows]),
        verb=Words.counted(move.verb for move in moves),
        at=np.array([micros_of(move.at) for move in moves], dtype=np.int64),
        actor=Words.counted(move.actor_name for move in moves),
        reason=Words.counted(move.reason for move in moves),
        ids=None if ids is None else np.frombuffer(ids, dtype=np.uint8).reshape(-1, 16),
    )


def chunks_of(rows: Iterable[TicketRow] | Iterable[Columns], size: int) -> Iterator[Columns]:
    """What a caller has, rows or columns, as columns; rows so many at a time."""
    stream: Iterator[Any] = iter(rows)
    for first in stream:
        yield first if isinstance(first, Columns) else columns_of([first, *islice(stream, size - 1)])
