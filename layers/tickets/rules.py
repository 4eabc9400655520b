"""What a ticket must be to come in, by whichever door: one report, or a million rows.

Both doors call `check`; a test sends the same rows through both and compares.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from gis.shared.geojson import point_from
from layers.tickets import workflow
from layers.tickets.models import Category, State, Verb
from layers.tickets.records import Happening, TicketRow

MAX_TEXT = 2000
MAX_REASON = 500
CLOCKS_MAY_DIFFER = timedelta(minutes=5)


def check(row: TicketRow, *, categories: Mapping[str, Category], now: datetime) -> Category:
    """The row's category when the row may come in; raises Invalid naming the field and what to do."""
    check_place(row)
    _check_text(row.text)
    category = categories.get(row.category)
    if category is None:
        message = _("There is no category %(code)s in the catalogue.") % {"code": repr(row.category)}
        raise Invalid(message, code="unknown-category", fields={"category": message})
    _check_times(row, now)
    _check_history(row.history)
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
    elif any(ord(sign) < 32 and sign not in "\n\t\r" for sign in text):
        message = _("The text contains control characters.")
    if message:
        raise Invalid(message, code="bad-text", fields={"text": message})


def _check_times(row: TicketRow, now: datetime) -> None:
    """Nothing happens in the future, and nothing before the report."""
    instants = [row.reported_at, *(happening.at for happening in row.history)]
    message = ""
    if any(instant.tzinfo is None for instant in instants):
        message = _("A time without a time zone cannot be placed.")
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
