"""What a ticket must be to come in, by whichever door: one report, or a million rows.

Both doors call `check`; a test sends the same rows through both and compares.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from gis.shared.geojson import point_from
from layers.tickets import workflow
from layers.tickets.models import Category, State, Verb
from layers.tickets.records import Happening, TicketRow

MAX_TEXT = 2000
MAX_REASON = 500
MAX_NAME = 150
MAX_NUMBER = 80
"""Of another system; a longer number is refused: cut off, two could become one."""
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CLOCKS_MAY_DIFFER = timedelta(minutes=5)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""What no text may hold: control characters, and halves of characters, which no database takes."""


def check(row: TicketRow, *, categories: Mapping[str, Category], now: datetime) -> Category:
    """The row's category when the row may come in; raises Invalid naming the field and what to do."""
    check_place(row)
    _check_text(row.text)
    _check_number(row.external_number)
    category = categories.get(row.category)
    if category is None:
        message = _("There is no category %(code)s in the catalogue.") % {"code": repr(row.category)}
        raise Invalid(message, code="unknown-category", fields={"category": message})
    _check_times(row, now)
    _check_history(row.history)
    _check_name(row.by)
    return category


def check_place(row: TicketRow) -> None:
    """Two finite degrees on the earth, and an accuracy that is a length."""
    try:
        point_from(row.lon, row.lat)
    except Invalid as problem:
        raise Invalid(problem.detail, code="bad-place", fields={"lon": problem.detail}) from None
    if row.accuracy_m is not None and not (math.isfinite(row.accuracy_m) and 0 <= row.accuracy_m < 1e6):
        message = _("The accuracy is a number of metres, 0 or more.")
        raise Invalid(message, code="bad-accuracy", fields={"accuracy_m": message})


def _check_text(text: str) -> None:
    """A text of bearable length that can be stored and printed; HTML is text like any other."""
    message = ""
    if len(text) > MAX_TEXT:
        message = _("The text has %(n)d characters, at most %(most)d are kept.") % {"n": len(text), "most": MAX_TEXT}
    elif UNPRINTABLE.search(text):
        message = _("The text contains control characters.")
    if message:
        raise Invalid(message, code="bad-text", fields={"text": message})


def _check_number(number: str) -> None:
    """A number of another system that can be stored whole."""
    message = ""
    if len(number) > MAX_NUMBER:
        message = _("the number is longer than %(most)d characters") % {"most": MAX_NUMBER}
    elif UNPRINTABLE.search(number):
        message = _("The number contains control characters.")
    if message:
        raise Invalid(message, code="bad-number", fields={"number": message})


def _check_times(row: TicketRow, now: datetime) -> None:
    """Nothing happens in the future, and nothing before the report."""
    instants = [row.reported_at, *(happening.at for happening in row.history)]
    message = ""
    if any(instant.tzinfo is None for instant in instants):
        message = _("A time without a time zone cannot be placed.")
    elif min(instants) < EARLIEST:
        message = _("A time lies before the year 1900.")
    elif max(instants) > now + CLOCKS_MAY_DIFFER:
        message = _("A time lies in the future.")
    elif instants != sorted(instants):
        message = _("A later step has an earlier time than the one before it.")
    if message:
        raise Invalid(message, code="bad-time", fields={"reported_at": message})


def _check_history(history: Sequence[Happening]) -> None:
    """Moves that the table allows, with reasons where it wants them."""
    try:
        workflow.replay([happening.verb for happening in history])
    except workflow.RefusalError as refusal:
        message = refusal_message(refusal)
        raise Invalid(message, code="impossible-history", fields={"history": message}) from None
    for happening in history:
        _check_name(happening.actor_name)
        if len(happening.reason) > MAX_REASON or UNPRINTABLE.search(happening.reason):
            message = _("A reason has at most %(most)d printable characters.") % {"most": MAX_REASON}
            raise Invalid(message, code="bad-reason", fields={"history": message})
        move = workflow.BY_VERB[happening.verb]
        if move.verb not in workflow.TIMED:
            message = _("%(verb)s cannot be told by a history: it needs more than a time.") % {
                "verb": Verb(move.verb).label
            }
            raise Invalid(message, code="impossible-history", fields={"history": message})
        if move.reason and not happening.reason.strip():
            raise Invalid(
                _("%(verb)s needs a reason.") % {"verb": Verb(move.verb).label},
                code="reason",
                fields={"history": _("A reason is missing")},
            )


def _check_name(name: str) -> None:
    """Who did something elsewhere, in a name that can be stored whole."""
    if len(name) > MAX_NAME or UNPRINTABLE.search(name):
        message = _("A name has at most %(most)d printable characters.") % {"most": MAX_NAME}
        raise Invalid(message, code="bad-name", fields={"history": message})


def possible(verbs: Sequence[str]) -> bool:
    """Whether a history may tell these moves, in this order."""
    try:
        workflow.replay(verbs)
    except workflow.RefusalError:
        return False
    return workflow.TIMED.issuperset(verbs)


def refusal_message(refusal: workflow.RefusalError) -> str:
    """Why the table refuses, and what it would allow, in the active language."""
    state = State(refusal.state).label
    if refusal.verb in Verb.values:
        verb: str = str(Verb(refusal.verb).label)
    else:
        verb = refusal.verb
    if not refusal.open_verbs:
        return _("%(verb)s: not possible, the ticket is %(state)s.") % {"verb": verb, "state": state}
    possible = _(", ").join(str(Verb(open_verb).label) for open_verb in refusal.open_verbs)
    return _("%(verb)s: not possible, the ticket is %(state)s. Possible now: %(possible)s.") % {
        "verb": verb,
        "state": state,
        "possible": possible,
    }
