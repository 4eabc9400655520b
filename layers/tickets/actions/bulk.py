"""Many rows at once: good ones are stored, bad ones listed, and a row sent twice is stored once."""

import uuid
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Problem
from grids.ground import ground_at
from grids.models import Boundary
from layers.tickets import rules
from layers.tickets.actions.reporting import current_categories, take_turn
from layers.tickets.actions.storing import Placed, Sender, positions, store
from layers.tickets.answering import Answer, Roster, outside
from layers.tickets.models import Category, Channel, Ticket
from layers.tickets.records import Outcome, TicketRow

Found = tuple[TicketRow, Category]


@transaction.atomic
def import_rows(
    rows: Sequence[TicketRow],
    *,
    now: datetime,
    actor: Any = None,
    channel: str = Channel.IMPORT,
    source: str = "",
    commit: bool = True,
) -> Outcome:
    """Store the good rows of many and say what became of all; `source` names the system they come from.

    By the same rules as report_ticket, except that nothing follows by rule: the history of a row says what
    happened to it. With commit=False everything is found out and nothing stored.
    """
    outcome = Outcome()
    categories = current_categories(now)
    good: list[Found] = []
    for row in rows:
        try:
            good.append((row, rules.check(row, categories=categories, now=now)))
        except Problem as problem:
            outcome.refused.append((row.line, str(problem.detail)))
    take_turn(uuid.uuid5(uuid.NAMESPACE_URL, f"import:{source}"))
    fresh = _not_here_yet(good, source, outcome)
    placed = _locate(fresh, now, outcome)
    outcome.refused.sort()
    outcome.stored = len(placed)
    if commit and placed:
        store(placed, Sender(channel=channel, account=actor, source=source), now=now)
        record(
            actor=actor or "import", verb="ticket.import", subject=source or channel, now=now,
            detail={"stored": outcome.stored, "already": outcome.already, "refused": len(outcome.refused)},
        )  # fmt: skip
    return outcome


def _not_here_yet(good: list[Found], source: str, outcome: Outcome) -> list[Found]:
    """The rows that are not stored, each id and external number once; a repeated number in one file is listed."""
    numbers = [row.external_number for row, _category in good if row.external_number]
    ids = [row.id for row, _category in good if row.id]
    known_numbers = set(
        Ticket.objects.filter(external_source=source, external_number__in=numbers).values_list(
            "external_number", flat=True
        )
    )
    known_ids = set(Ticket.objects.filter(pk__in=ids).values_list("pk", flat=True))
    fresh: list[Found] = []
    seen: set[object] = set()
    for row, category in good:
        if row.external_number in known_numbers or row.id in known_ids:
            outcome.already += 1
            continue
        keys = {key for key in (row.external_number, row.id) if key}
        if keys & seen:
            outcome.refused.append((row.line, _("The same number stands in an earlier line of this file.")))
            continue
        seen |= keys
        fresh.append((row, category))
    return fresh


def _locate(fresh: list[Found], now: datetime, outcome: Outcome) -> list[Placed]:
    """Locate all rows in a pass per stretch of time in which the ground stood still, and find who answers."""
    if not fresh:
        return []
    xy = positions([row for row, _category in fresh])
    roster = Roster(None, now)
    answers: list[Answer | None] = [None] * len(fresh)
    for moment, indexes in _by_ground([row.reported_at for row, _category in fresh]).items():
        ground = ground_at(moment)
        located = ground.locate(xy[indexes])
        known: dict[tuple[int, str], Answer] = {}
        for index, deepest, chain in zip(indexes, located.deepest.tolist(), located.chain.tolist(), strict=True):
            if deepest < 0:
                continue
            matter = fresh[index][1].code
            if (deepest, matter) not in known:
                known[deepest, matter] = roster.answer(ground.chain_ids(chain), matter)
            answers[index] = known[deepest, matter]
    placed: list[Placed] = []
    for (row, category), point, answer in zip(fresh, xy.tolist(), answers, strict=True):
        try:
            placed.append(Placed(row, category, (point[0], point[1]), answer or outside(point[0], point[1], now)))
        except Problem as problem:
            outcome.refused.append((row.line, str(problem.detail)))
    return placed


def _by_ground(moments: Sequence[datetime]) -> dict[datetime, list[int]]:
    """Indexes of the moments by an instant that stands for the ground of their time.

    Before anything was drawn the earliest ground counts, as for a single report.
    """
    drawn = set(Boundary.objects.values_list("valid_from", flat=True).distinct())
    ended = set(Boundary.objects.exclude(valid_until=None).values_list("valid_until", flat=True).distinct())
    steps = sorted(drawn | ended)
    stretches: dict[datetime, list[int]] = {}
    for index, moment in enumerate(moments):
        place = max(bisect_right(steps, moment) - 1, 0)
        stretches.setdefault(steps[place] if steps else moment, []).append(index)
    return stretches
