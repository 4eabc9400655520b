"""The words people read for states, moves, channels and reasons; workflow.py knows only their codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    """Where a ticket stands; the same codes as workflow.STATES (a test compares)."""

    REPORTED = "reported", pgettext_lazy("ticket", "reported")
    ACCEPTED = "accepted", pgettext_lazy("ticket", "accepted for handling")
    REFUSED = "refused", pgettext_lazy("ticket", "not accepted")
    DISPATCHED = "dispatched", pgettext_lazy("ticket", "dispatched")
    SIGNED = "signed", pgettext_lazy("ticket", "signed for")
    RETURNED = "returned", pgettext_lazy("ticket", "returned")
    IN_HAND = "in_hand", pgettext_lazy("ticket", "in hand")
    PAUSED = "paused", pgettext_lazy("ticket", "paused")
    HANDLED = "handled", pgettext_lazy("ticket", "handled")
    VERIFIED = "verified", pgettext_lazy("ticket", "verified")
    CLOSED = "closed", pgettext_lazy("ticket", "closed")
    REOPENED = "reopened", pgettext_lazy("ticket", "reopened")
    MERGED = "merged", pgettext_lazy("ticket", "merged into another")
    RATED = "rated", pgettext_lazy("ticket", "rated")


class Verb(models.TextChoices):
    """What can be done to a ticket, as its button says; `report` and the moves of workflow.py."""

    REPORT = "report", pgettext_lazy("ticket", "Report")
    ACCEPT = "accept", pgettext_lazy("ticket", "Accept")
    REFUSE = "refuse", pgettext_lazy("ticket", "Do not accept")
    SETTLE = "settle", pgettext_lazy("ticket", "Settled elsewhere")
    DISPATCH = "dispatch", pgettext_lazy("ticket", "Dispatch")
    SIGN = "sign", pgettext_lazy("ticket", "Sign for it")
    RETURN = "return", pgettext_lazy("ticket", "Return")
    START = "start", pgettext_lazy("ticket", "Start")
    PAUSE = "pause", pgettext_lazy("ticket", "Pause")
    RESUME = "resume", pgettext_lazy("ticket", "Resume")
    HANDLE = "handle", pgettext_lazy("ticket", "Handled")
    VERIFY = "verify", pgettext_lazy("ticket", "Verify")
    REDO = "redo", pgettext_lazy("ticket", "Send back")
    CLOSE = "close", pgettext_lazy("ticket", "Close")
    REOPEN = "reopen", pgettext_lazy("ticket", "Reopen")
    RATE = "rate", pgettext_lazy("ticket", "Rate")
    TRANSFER = "transfer", pgettext_lazy("ticket", "Hand over")
    ESCALATE = "escalate", pgettext_lazy("ticket", "Send up a tier")
    RELOCATE = "relocate", pgettext_lazy("ticket", "Correct the pin")
    REQUEST = "request", pgettext_lazy("ticket", "Ask for more time")
    EXTEND = "extend", pgettext_lazy("ticket", "Give more time")
    REPLY = "reply", pgettext_lazy("ticket", "Reply")
    WHISTLE = "whistle", pgettext_lazy("ticket", "Whistle a department")
    CHECK_IN = "check_in", pgettext_lazy("ticket", "Check in")
    MERGE = "merge", pgettext_lazy("ticket", "Merge into another")
    SEPARATE = "separate", pgettext_lazy("ticket", "Separate again")
    FOLLOW = "follow", pgettext_lazy("ticket", "Closed with the other")
    SPLIT = "split", pgettext_lazy("ticket", "Split into parts")
    LINK = "link", pgettext_lazy("ticket", "Link")


class RuleReason(models.TextChoices):
    """Why a rule made a move; people's reasons are a catalogue (`MoveReason`)."""

    THIRD_RETURN = "third_return", _("returned three times")
    THIRD_REDO = "third_redo", _("sent back three times")
    THIRD_TRANSFER = "third_transfer", _("handed over three times")


class Urgency(models.TextChoices):
    """How soon a matter must be dealt with; the catalogue gives each category one."""

    URGENT = "urgent", pgettext_lazy("ticket", "urgent")
    HIGH = "high", pgettext_lazy("ticket", "high")
    NORMAL = "normal", pgettext_lazy("ticket", "normal")
    LOW = "low", pgettext_lazy("ticket", "low")


class Kind(models.TextChoices):
    """What sort of matter a category holds."""

    MATTER = "matter", pgettext_lazy("ticket", "matter")
    WISH = "wish", pgettext_lazy("ticket", "wish")
    PROJECT = "project", pgettext_lazy("ticket", "project")


class Channel(models.TextChoices):
    """By which door a ticket came in."""

    STAFF = "staff", _("staff report")
    DESK = "desk", _("front desk")
    IMPORT = "import", _("imported file")
    PATROL = "patrol", pgettext_lazy("channel", "patrol note")
    VISIT = "visit", pgettext_lazy("channel", "household visit")
    SNAPSHOT = "snapshot", pgettext_lazy("channel", "resident's snapshot")
    WISH = "wish", pgettext_lazy("channel", "wish")
    COUNCIL = "council", pgettext_lazy("channel", "council")
    HOTLINE = "hotline", pgettext_lazy("channel", "12345 hotline")
    SAMPLE = "sample", _("sample data")


class Responsibility(models.TextChoices):
    """Why an area answers for a ticket."""

    HOLDER = "holder", _("the deepest area at this place has somebody in office")
    VACANT = "vacant", _("the areas below have nobody in office")
    DESK = "desk", _("nobody is in office here: it goes to the front desk")
    OUTSIDE = "outside", _("outside every area: it goes to the nearest county")
    DECISION = "decision", _("by decision of the front desk")
    RAISED = "raised", _("it was sent up a tier")
    NOBODY = "nobody", _("no post of this county is filled yet")


class Placing(models.TextChoices):
    """How it was found out in which area a ticket lies."""

    POINT = "point", _("by its point")
    ACCURACY = "accuracy", _("by its point, whose accuracy cannot tell the areas below apart")
    LIST = "list", _("chosen from the list by who reported it")
