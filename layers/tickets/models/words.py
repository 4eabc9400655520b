"""The words people read for states, moves, channels and reasons; workflow.py knows only their codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a ticket stands; the same codes as workflow.STATES (a test compares)."""

    REPORTED = "reported", _("reported")
    ACCEPTED = "accepted", _("accepted for handling")
    REFUSED = "refused", _("not accepted")
    DISPATCHED = "dispatched", _("dispatched")
    SIGNED = "signed", _("signed for")
    RETURNED = "returned", _("returned")
    IN_HAND = "in_hand", _("in hand")
    PAUSED = "paused", _("paused")
    HANDLED = "handled", _("handled")
    VERIFIED = "verified", _("verified")
    CLOSED = "closed", _("closed")
    REOPENED = "reopened", _("reopened")


class Verb(models.TextChoices):
    """What can be done to a ticket, as its button says; `report` and the moves of workflow.py."""

    REPORT = "report", _("Report")
    ACCEPT = "accept", _("Accept")
    REFUSE = "refuse", _("Do not accept")
    SETTLE = "settle", _("Settled elsewhere")
    DISPATCH = "dispatch", _("Dispatch")
    SIGN = "sign", _("Sign for it")
    RETURN = "return", _("Return")
    START = "start", _("Start")
    PAUSE = "pause", _("Pause")
    RESUME = "resume", _("Resume")
    HANDLE = "handle", _("Handled")
    VERIFY = "verify", _("Verify")
    REDO = "redo", _("Send back")
    CLOSE = "close", _("Close")
    REOPEN = "reopen", _("Reopen")


class Urgency(models.TextChoices):
    """How soon a matter must be dealt with; the catalogue gives each category one."""

    URGENT = "urgent", _("urgent")
    HIGH = "high", _("high")
    NORMAL = "normal", _("normal")
    LOW = "low", _("low")


class Channel(models.TextChoices):
    """By which door a ticket came in."""

    STAFF = "staff", _("staff report")
    DESK = "desk", _("front desk")
    IMPORT = "import", _("imported file")
    SAMPLE = "sample", _("sample data")


class Responsibility(models.TextChoices):
    """Why an area answers for a ticket."""

    HOLDER = "holder", _("the deepest area at this place has somebody in office")
    VACANT = "vacant", _("the areas below have nobody in office")
    DESK = "desk", _("nobody is in office here: it goes to the front desk")
    OUTSIDE = "outside", _("outside every area: it goes to the nearest county")
    DECISION = "decision", _("by decision of the front desk")
    NOBODY = "nobody", _("no post of this county is filled yet")
