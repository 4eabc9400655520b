"""Which of many tickets are surely good, looked at by column.

The rules stand in rules.py, for one row. Every row that is not surely good here is judged by those rules themselves, so
that the two doors cannot drift apart: a property test sends the same rows through both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

import numpy as np

from layers.tickets import rules, workflow
from layers.tickets.columns import Bools, Columns, Words, micros_of


def surely_good(columns: Columns, *, categories: Mapping[str, object], now: datetime) -> Bools:
    """Where nothing can be wrong."""
    latest, earliest = micros_of(now + rules.CLOCKS_MAY_DIFFER), micros_of(rules.EARLIEST)
    with np.errstate(invalid="ignore"):
        good: Bools = (np.abs(columns.lon) <= 180) & (np.abs(columns.lat) <= 90)
        good &= ~columns.measured | ((columns.accuracy >= 0) & (columns.accuracy < 1e6))
    good &= (columns.reported <= latest) & (columns.reported >= earliest)
    good &= np.array([word in categories for word in columns.category.words], dtype=np.bool_)[columns.category.of]
    good &= _short(columns.text, rules.MAX_TEXT) & _short(columns.number, rules.MAX_NUMBER)
    good &= _short(columns.by, rules.MAX_NAME)
    return good & _histories(columns, latest) if len(columns.verb) else good


def _short(texts: Words, most: int) -> Bools:
    """Where a text is no longer than so many characters, all of which can be stored."""
    unprintable = rules.UNPRINTABLE.search
    fine = np.fromiter(
        (len(text) <= most and unprintable(text) is None for text in texts.words), np.bool_, len(texts.words)
    )
    found: Bools = fine[texts.of]
    return found


def _histories(columns: Columns, latest: int) -> Bools:
    """Where the moves follow each other as the table wants, in the order of their times, with their reasons."""
    starts, counts = columns.starts, np.diff(columns.starts)
    owner = np.repeat(np.arange(len(columns)), counts)
    before = np.concatenate([[0], columns.at[:-1]])
    begins = starts[:-1][counts > 0]
    before[begins] = columns.reported[counts > 0]
    fine = (columns.at >= before) & (columns.at <= latest)
    silent = np.array([not reason.strip() for reason in columns.reason.words], dtype=np.bool_)[columns.reason.of]
    wanted = np.array([verb in WITH_REASON for verb in columns.verb.words], dtype=np.bool_)[columns.verb.of]
    fine &= ~(silent & wanted)
    fine &= _short(columns.reason, rules.MAX_REASON) & _short(columns.actor, rules.MAX_NAME)
    good: Bools = np.ones(len(columns), dtype=np.bool_)
    good[owner[~fine]] = False
    ways = columns.verb.of.astype(np.uint16).tobytes()
    known: dict[bytes, bool] = {}
    for index, (begin, end) in enumerate(pairwise(starts.tolist())):
        way = ways[2 * begin : 2 * end]
        possible = known.get(way)
        if possible is None:
            possible = known[way] = rules.possible([columns.verb[k] for k in range(begin, end)])
        if not possible:
            good[index] = False
    return good


WITH_REASON = frozenset(move.verb for move in workflow.MOVES if move.reason)
