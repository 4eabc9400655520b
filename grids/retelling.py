"""Plain logic: how a correction cuts the period of a row into what stays as told and what is told anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

News = TypeVar("News")
END = datetime.max.replace(tzinfo=UTC)
"""Sorts after every instant: an open end."""


@dataclass(frozen=True)
class Piece(Generic[News]):
    """A half-open part of a row's period (until None = still) with what is new in it; None = as it was told."""

    since: datetime
    until: datetime | None
    news: News | None


def steps(since: datetime, until: datetime | None, changes: Iterable[datetime | None]) -> list[Piece[None]]:
    """The longest parts of a period in which nothing changes, given all instants at which something does."""
    inside = {at for at in changes if at is not None and since < at and (until is None or at < until)}
    starts = [since, *sorted(inside)]
    return [Piece(at, end, None) for at, end in zip(starts, [*starts[1:], until], strict=True)]


def pieces(
    since: datetime,
    until: datetime | None,
    edits: Sequence[Piece[News]],
    *,
    same: Callable[[News, News], bool],
) -> list[Piece[News]]:
    """A row's whole period in order: the edits cut to it, and the rest as it was told; equal neighbours are one."""
    told: list[Piece[News]] = []
    at = since
    for edit in sorted(edits, key=lambda edit: edit.since):
        start, end = max(edit.since, since), min(edit.until or END, until or END)
        if start >= end:
            continue
        if at < start:
            told.append(Piece(at, start, None))
        last = told[-1] if told else None
        closed = None if end == END else end
        if last and last.until == start and last.news is not None and edit.news and same(last.news, edit.news):
            told[-1] = Piece(last.since, closed, last.news)
        else:
            told.append(Piece(start, closed, edit.news))
        at = end
    if at < (until or END):
        told.append(Piece(at, until, None))
    return told
