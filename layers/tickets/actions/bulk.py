"""Many rows at once: good ones are stored, bad ones listed, and a row sent twice is stored once."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Problem
from gis.shared.geometry import Floats
from gis.shared.tables import CopyAhead, Load, renew_statistics, rows_known
from layers.tickets import rules
from layers.tickets.actions.filling import Places, make_ready
from layers.tickets.actions.numbers import Numbering
from layers.tickets.actions.reporting import current_categories, take_turn
from layers.tickets.actions.storing import Sender
from layers.tickets.beyond import Beyond
from layers.tickets.bordering import Bordering
from layers.tickets.columns import Bools, Columns, Ints, chunks_of
from layers.tickets.models import Channel, Ticket, TicketEvent
from layers.tickets.placing import Placer
from layers.tickets.records import Outcome, TicketRow
from layers.tickets.sieve import surely_good

AT_ONCE = 20_000
"""Rows are checked, located and stored so many at a time: memory does not grow with their number."""
MANY = 200
"""From this many tickets on the tables' statistics are renewed on the way, where they are far from the truth."""


@transaction.atomic
def import_rows(
    rows: Iterable[TicketRow] | Iterable[Columns],
    *,
    now: datetime,
    actor: Any = None,
    channel: str = Channel.IMPORT,
    source: str = "",
    commit: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Store the good rows of many and say what became of all; `source` names the system they come from.

    By the same rules as report_ticket, except that nothing follows by rule: the history of a row says what
    happened to it. With commit=False everything is found out and nothing stored. All or nothing: an error on the way
    takes back what went before. `progress` is told how many rows are done and may raise to stop it.
    """
    done = 0
    with Intake(Sender(channel=channel, account=actor, source=source), now=now, commit=commit) as intake:
        for columns in chunks_of(rows, AT_ONCE):
            intake.take(columns)
            done += len(columns)
            if progress is not None:
                progress(done)
        outcome = intake.finish()
    outcome.refused.sort()
    return outcome


class Intake:
    """One import: what it must know once, and what it has seen so far."""

    def __init__(
        self, sender: Sender, *, now: datetime, commit: bool, within: Collection[uuid.UUID] | None = None
    ) -> None:
        """Wait until whoever imports from the same system has finished; look up what does not change meanwhile.

        `within` are the areas of who sends them: a row that neither lies there nor is answered for there is refused.
        """
        self.within = None if within is None else frozenset(within)
        take_turn(uuid.uuid5(uuid.NAMESPACE_URL, f"import:{sender.source}"))
        self.sender, self.now, self.commit = sender, now, commit
        self.outcome = Outcome()
        self.categories = current_categories(now)
        self.placer = Placer(now)
        self.bordering = Bordering()
        # whoever began this transaction may hold series of numbers already: then nobody else can be asked for more
        self.numbering = Numbering(now, apart=commit and len(connection.savepoint_ids) == 0)
        self.copying = CopyAhead()
        """While one part is on its way into the tables the next is made ready; a question waits for it."""
        self.seen = _Seen()
        mine = Ticket.objects.filter(external_source=sender.source).exclude(external_number="")
        self.known_source = mine.exists()
        self._beyond: Beyond | None = None
        self._counted = rows_known(Ticket, TicketEvent) if commit else 0

    def __enter__(self) -> Self:
        """Begin; the transaction is the caller's."""
        self.copying.__enter__()
        return self

    def __exit__(self, *told: Any) -> None:
        """Nobody may roll back while rows are still on their way."""
        self.copying.__exit__(*told)
        self.numbering.close()

    def take(self, columns: Columns) -> None:
        """Judge some rows and store the good ones."""
        columns = columns.only(self._good(columns))
        columns = columns.only(self._fresh(columns))
        if not len(columns):
            return
        columns, places = self._placed(columns)
        self.outcome.stored += len(columns)
        if not self.commit or not len(columns):
            return
        ready = make_ready(columns, places, self.categories, self.sender, self.bordering, now=self.now)
        numbers = self.numbering.take(columns.reported, places.of, places.answers)
        self._renew(self.outcome.stored - len(columns))
        sending = _Sending(columns, places, numbers)
        self.copying.send(ready.loads(numbers), instead=lambda: self._without_known(sending))

    def finish(self, *, refused: int | None = None) -> Outcome:
        """Wait until everything is stored, and write down who brought how much; what became of all.

        `refused` is told by a caller who refused more than what came here.
        """
        self.copying.wait()
        outcome, sender = self.outcome, self.sender
        if self.commit and outcome.stored:
            record(
                actor=sender.account or "import", verb="ticket.import", subject=sender.source or sender.channel,
                now=self.now,
                detail={
                    "stored": outcome.stored, "already": outcome.already,
                    "refused": outcome.refusals if refused is None else refused,
                },
            )  # fmt: skip
        return outcome

    def _good(self, columns: Columns) -> Bools:
        """Where the rules have nothing to say; the others are listed with what they say."""
        good = surely_good(columns, categories=self.categories, now=self.now)
        for index in np.flatnonzero(~good).tolist():
            row = columns.row(index)
            try:
                rules.check(row, categories=self.categories, now=self.now)
            except Problem as problem:
                self.outcome.refuse(row.line, str(problem.detail))
            else:
                good[index] = True
        return good

    def _without_known(self, sending: "_Sending") -> list[Load]:
        """What to send of a part of which a row was stored by somebody else since it was looked at."""
        columns, places = sending.columns, sending.places
        self.known_source = True
        known = self._known(*_keys(columns))
        fresh = np.array([known.isdisjoint(keys) for keys in zip(*_keys(columns), strict=True)], dtype=np.bool_)
        if fresh.all():
            raise Conflict(
                _("Others are changing the same at this moment. Nothing was changed; try again."), code="busy"
            )
        self.outcome.stored -= int((~fresh).sum())
        self.outcome.already += int((~fresh).sum())
        sending.columns = columns = columns.only(fresh)
        sending.places = places = Places(xy=places.xy[fresh], of=places.of[fresh], answers=places.answers)
        sending.numbers = [number for number, kept in zip(sending.numbers, fresh.tolist(), strict=True) if kept]
        if not len(columns):
            return []
        ready = make_ready(columns, places, self.categories, self.sender, self.bordering, now=self.now)
        return ready.loads(sending.numbers)

    def _fresh(self, columns: Columns) -> Bools:
        """Where neither id nor number is stored; a number that stands in this file already is listed."""
        fresh: Bools = np.ones(len(columns), dtype=np.bool_)
        numbers, ids = _keys(columns)
        known = self._known(numbers, ids)
        for index, number in enumerate(numbers):
            keys = [key for key in (number, ids[index]) if key]
            seen_before = [self.seen.add(key) for key in keys]
            if any(key in known for key in keys) and not any(seen_before):
                fresh[index] = False
                self.outcome.already += 1
            elif any(seen_before):
                fresh[index] = False
                self.outcome.refuse(
                    int(columns.line[index]), _("The same number stands in an earlier line of this file.")
                )
        return fresh

    def _known(self, numbers: Sequence[str], ids: Sequence[uuid.UUID | None]) -> set[object]:
        """Those of a part's numbers and ids that are stored."""
        known: set[object] = set()
        if self.known_source and any(numbers):
            told = list(filter(None, numbers))
            known.update(_found(NUMBERS_THERE, [self.sender.source, told]))
        if any(ids):
            known.update(_found(IDS_THERE, [[one for one in ids if one]]))
        return known

    def _placed(self, columns: Columns) -> tuple[Columns, Places]:
        """Where each lies and who answers; those too far from every county are listed and left out."""
        xy = columns.positions()
        accuracy = np.where(columns.measured, columns.accuracy, np.nan)
        of = self.placer.place(xy, columns.reported, columns.category, accuracy)
        outside = np.flatnonzero(of < 0)
        if len(outside):
            kept: Bools = np.ones(len(columns), dtype=np.bool_)
            kept[self._outside(columns, xy, of, outside)] = False
            columns, xy, of = columns.only(kept), xy[kept], of[kept]
        columns, xy, of = self._own(columns, xy, of)
        return columns, Places(xy=xy, of=of, answers=self.placer.answers)

    def _own(self, columns: Columns, xy: Floats, of: Ints) -> tuple[Columns, Floats, Ints]:
        """Leave out, and list, what lies in areas that are not the sender's to bring tickets for."""
        if self.within is None or not len(of):
            return columns, xy, of
        own = np.array(
            [not self.within.isdisjoint((*one.located, *one.chain)) for one in self.placer.answers], dtype=np.bool_
        )[of]
        for index in np.flatnonzero(~own).tolist():
            self.outcome.refuse(int(columns.line[index]), _("This place lies outside your areas."))
        return columns.only(own), xy[own], of[own]

    def _outside(self, columns: Columns, xy: Floats, of: Ints, outside: Any) -> list[int]:
        """Give what lies outside every area to the nearest front desk; returns which lie too far away."""
        far = []
        try:
            self._beyond = self._beyond or Beyond(self.now)
        except Problem as problem:
            for index in outside.tolist():
                self.outcome.refuse(int(columns.line[index]), str(problem.detail))
            return [int(index) for index in outside]
        tops, problems = self._beyond.nearest(xy[outside])
        for index, top, wrong in zip(outside.tolist(), tops.tolist(), problems, strict=True):
            if wrong is not None:
                self.outcome.refuse(int(columns.line[index]), str(wrong.detail))
                far.append(index)
            else:
                of[index] = self.placer.beyond(top, self._beyond)
        return far

    def _renew(self, sent: int) -> None:
        """Tell the planner what the tables hold once so many are sent, each time they have grown tenfold meanwhile.

        Tables that were large before are left alone: to look through them anew takes longer than to copy a part.
        """
        if sent >= MANY and sent >= 10 * self._counted:
            self._counted = sent
            renew_statistics(Ticket, TicketEvent)


NUMBERS_THERE = (
    "SELECT external_number FROM tickets_ticket WHERE external_source = %s AND external_number = ANY(%s::text[])"
)
IDS_THERE = "SELECT id FROM tickets_ticket WHERE id = ANY(%s::uuid[])"


def _found(question: str, params: list[Any]) -> list[Any]:
    """Those of many ids or numbers that are stored."""
    with connection.cursor() as cursor:
        cursor.execute(question, params)
        return [row[0] for row in cursor.fetchall()]


@dataclass(slots=True)
class _Sending:
    """A part on its way into the tables."""

    columns: Columns
    places: Places
    numbers: list[str]


def _keys(columns: Columns) -> tuple[list[str], list[uuid.UUID | None]]:
    """By which each ticket is known again: its number elsewhere, and the id that its client gave it."""
    count = len(columns)
    ids: list[uuid.UUID | None] = [None] * count
    if columns.ids is not None:
        ids = [columns.id_of(index) for index in range(count)]
    return columns.number.through(columns.number.words), ids


class _Seen:
    """Which ids and numbers went by: their hashes, eight bytes each."""

    def __init__(self) -> None:
        """None yet."""
        self._hashes: set[int] = set()

    def add(self, key: object) -> bool:
        """Remember one; whether it was there already."""
        mark = hash(key)
        if mark in self._hashes:
            return True
        self._hashes.add(mark)
        return False
