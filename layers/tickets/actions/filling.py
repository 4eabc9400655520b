"""Located columns into the tables of tickets and events by COPY: the same rows that storing.py makes one at a time."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.shared.geometry import Floats
from gis.shared.tables import NULL, Load, copied, copy_lines
from layers.tickets import deadlines, workflow
from layers.tickets.actions.storing import CLOCKS, Sender
from layers.tickets.answering import Answer
from layers.tickets.bordering import Bordering
from layers.tickets.columns import DATUMS, Columns, Ints
from layers.tickets.models import Category, Ticket, TicketBorder, TicketEvent
from layers.tickets.tallies import KEEPER

DATUM_CODES = tuple(datum.value for datum in DATUMS)
POINT = "0101000020E6100000"
"""How a point in WGS 84 begins in EWKB, little-endian."""


@dataclass(slots=True)
class Places:
    """What was found out about the tickets of some columns."""

    xy: Floats
    """WGS 84, on the fixed grid."""
    of: Ints
    """Positions in `answers`."""
    answers: list[Answer]


@dataclass(slots=True)
class Ready:
    """Tickets, events and borders as lines of COPY; only the tickets' numbers are not given yet."""

    tickets: tuple[list[str], list[str]]
    events: tuple[list[str], list[str]]
    borders: tuple[list[str], list[str]]

    def loads(self, numbers: Sequence[str]) -> list[Load]:
        """What is to be copied, tickets before what belongs to them."""
        names, lines = self.tickets
        loads = [Load(Ticket, ["number", *names], lines, numbers), Load(TicketEvent, *self.events)]
        if self.borders[1]:
            loads.append(Load(TicketBorder, *self.borders, setting=KEEPER))
        return loads


def make_ready(
    columns: Columns,
    places: Places,
    categories: Mapping[str, Category],
    sender: Sender,
    bordering: Bordering,
    *,
    now: datetime,
) -> Ready:
    """Write located, checked tickets and their events as the database reads them; asks it for boundaries alone."""
    count = len(columns)
    told = _ids(columns).tobytes().hex()
    keys = [told[k : k + 32] for k in range(0, len(told), 32)]
    used, of = np.unique(places.of, return_inverse=True)
    answers = [_Answered(places.answers[place]) for place in used.tolist()]
    which = of.reshape(-1).tolist()
    columns = replace(columns, category=columns.category.used())
    matters = [categories[word] for word in columns.category.words]
    story = _stories(columns, matters)
    moment, account = copied(now), copied(sender.account.pk if sender.account is not None else None)

    def answered(name: str) -> list[str]:
        """One field of the answers, for each ticket."""
        each = [getattr(answer, name) for answer in answers]
        return [each[place] for place in which]

    responsible = answered("area")
    external = columns.number.through([copied(word) for word in columns.number.words])
    source = copied(sender.source)
    tickets = {
        "id": keys,
        "category_id": columns.category.through([str(matter.pk) for matter in matters]),
        "text": columns.text.through([copied(word.strip()) for word in columns.text.words]),
        "urgency": columns.category.through([matter.urgency for matter in matters]),
        "channel": repeat(str(sender.channel)),
        "external_source": [source if number else "" for number in external],
        "external_number": external,
        "point": points(places.xy),
        "accuracy_m": [
            repr(value) if measured else NULL
            for value, measured in zip(columns.accuracy.tolist(), columns.measured.tolist(), strict=True)
        ],
        "raw_lon": map(repr, columns.lon.tolist()),
        "raw_lat": map(repr, columns.lat.tolist()),
        "datum": [DATUM_CODES[place] for place in columns.datum.tolist()],
        "located_area_id": answered("located"),
        "located_chain": answered("located_chain"),
        "located_because": answered("placing"),
        "responsible_area_id": responsible,
        "responsible_chain": answered("chain"),
        "responsible_because": answered("because"),
        "state": story.state,
        "reported_at": times(columns.reported),
        "recorded_at": repeat(moment),
        "changed_at": story.changed,
        "reported_by_id": repeat(account),
        "version": story.version,
        **story.clocks,
    }
    names, lines = copy_lines(Ticket, {"number": repeat(""), **tickets}, count)
    reporter = copied(sender.name)
    reporters = columns.by.through([copied(word) if word else reporter for word in columns.by.words])
    actors = columns.actor.through([copied(word) for word in columns.actor.words])
    reasons = columns.reason.through([copied(word) for word in columns.reason.words])
    events = story.events
    told_events = {
        "ticket_id": _each(keys, events.of),
        "seq": events.seq,
        "verb": events.verb,
        "from_state": events.before,
        "to_state": events.after,
        "at": times(events.at),
        "recorded_at": repeat(moment),
        "account_id": [account if first else NULL for first in events.first],
        "actor_name": _merged(reporters, actors, columns),
        "reason": _merged([""] * count, reasons, columns),
        "responsible_area_id": _each(responsible, events.of),
        "due_at": events.due,
    }
    live = np.flatnonzero([state in workflow.OPEN for state in story.state])
    accuracy = np.where(columns.measured, columns.accuracy, np.nan)[live]
    close = bordering.told(places.xy[live], accuracy, columns.reported[live], places.answers, places.of[live])
    borders = {"ticket_id": [keys[live[place]] for place in close], "areas": map(copied, close.values())}
    return Ready(
        (names[1:], [line[1:] for line in lines]),
        copy_lines(TicketEvent, told_events, len(events.seq)),
        copy_lines(TicketBorder, borders, len(close)),
    )


class _Answered:
    """An answer as COPY writes it."""

    def __init__(self, answer: Answer) -> None:
        """Once for all tickets that share it."""
        self.located = copied(answer.located[-1] if answer.located else None)
        self.located_chain = copied(answer.located)
        self.placing = str(answer.placing.value)
        self.area = str(answer.area)
        self.chain = copied(answer.chain)
        self.because = str(answer.because.value)


@dataclass(slots=True)
class _Events:
    """The events of all tickets, by column, in their order."""

    of: list[int]
    seq: list[str]
    verb: list[str]
    before: list[str]
    after: list[str]
    at: Ints
    first: list[bool]
    due: list[str]


@dataclass(slots=True)
class _Stories:
    """What follows from the events: of the tickets, and the events themselves."""

    state: list[str]
    changed: list[str]
    version: list[str]
    clocks: dict[str, list[str]]
    events: _Events


class _Course:
    """One order of moves: its states, and of each event verb, number and states as they are written."""

    def __init__(self, verbs: tuple[str, ...]) -> None:
        """Replay it once for all tickets that went this way."""
        states = workflow.replay(verbs)
        self.verbs = [workflow.REPORT, *verbs]
        self.before = ["", *states[:-1]]
        self.after = list(states)
        self.seq = [str(number) for number in range(1, len(states) + 1)]
        self.first = [True, *[False] * len(verbs)]


def _stories(columns: Columns, matters: Sequence[Category]) -> _Stories:
    """Replay every ticket: the same table and the same clocks as for one."""
    count = len(columns)
    numbers = np.diff(columns.starts)
    at = np.insert(columns.at, columns.starts[:-1], columns.reported)
    begins = columns.starts + np.arange(count + 1)
    moments = _moments(at)
    hours = [matter.hours for matter in matters]
    kinds = columns.verb.of.astype(np.uint16).tobytes()
    known: dict[bytes, _Course] = {}
    clocks: dict[str, list[str]] = {name: [] for name in CLOCKS}
    seq, verb, before, after, first, due, state = [], [], [], [], [], [], []
    pointers = zip(columns.starts[:-1].tolist(), columns.starts[1:].tolist(), columns.category.of.tolist(), strict=True)
    step, written = deadlines.Step, _written
    for index, (begin, end, matter) in enumerate(pointers):
        way = kinds[2 * begin : 2 * end]
        course = known.get(way)
        if course is None:
            course = known[way] = _Course(tuple(columns.verb[k] for k in range(begin, end)))
        own = moments[begin + index : end + index + 1]
        told = deadlines.course(map(step, course.verbs, own), hours[matter])
        seq += course.seq
        verb += course.verbs
        before += course.before
        after += course.after
        first += course.first
        due += [written(clock.due_at) for clock in told]
        last = told[-1]
        for name, values in clocks.items():
            values.append(written(getattr(last, name)))
        state.append(course.after[-1])
    return _Stories(
        state=state,
        changed=times(at[begins[1:] - 1]),
        version=[str(number + 1) for number in numbers.tolist()],
        clocks=clocks,
        events=_Events(
            of=np.repeat(np.arange(count), numbers + 1).tolist(), seq=seq, verb=verb, before=before, after=after,
            at=at, first=first, due=due,
        ),
    )  # fmt: skip


def _moments(micros: Ints) -> list[datetime]:
    """Instants of microseconds since 1970, all in UTC and therefore without saying so: quick to reckon with."""
    return micros.astype("datetime64[us]").tolist()


def _written(value: Any) -> str:
    """A clock of `_moments` as COPY writes it."""
    return NULL if value is None else f"{value}Z"


def times(micros: Ints) -> list[str]:
    """Instants as COPY reads them."""
    return [f"{text}Z" for text in np.datetime_as_string(micros.astype("datetime64[us]")).tolist()]


def points(xy: Floats) -> list[str]:
    """(n, 2) lon, lat as points in hexadecimal EWKB."""
    told = np.ascontiguousarray(xy, dtype="<f8").tobytes().hex()
    return [POINT + told[k : k + 32] for k in range(0, len(told), 32)]


def _ids(columns: Columns) -> NDArray[np.uint8]:
    """(n, 16) bytes: the client's ids, random ones where there are none.

    The random ones ascend: each page of the indexes over them is visited once for all rows of a part, not once a row.
    """
    made = np.frombuffer(os.urandom(16 * len(columns)), dtype=np.uint8).reshape(-1, 16).copy()
    made[:, 6] = (made[:, 6] & 0x0F) | 0x40
    made[:, 8] = (made[:, 8] & 0x3F) | 0x80
    high, low = made.view(">u8").T
    made = made[np.lexsort((low, high))]
    if columns.ids is not None:
        given = columns.ids.any(axis=1)
        made[given] = columns.ids[given]
    return made


def _each(values: Sequence[str], of: Iterable[int]) -> list[str]:
    """A ticket's value for each of its events."""
    return [values[place] for place in of]


def _merged(heads: Sequence[str], tails: Sequence[str], columns: Columns) -> list[str]:
    """Each ticket's own value, followed by those of its moves."""
    merged = np.insert(np.array(tails, dtype=object), columns.starts[:-1], np.array(heads, dtype=object))
    return list(merged)
