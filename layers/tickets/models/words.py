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


class Urgency(models.TextChoices):
    """How soon a matter must be dealt with; the catalogue gives each category one."""

    URGENT = "urgent", pgettext_lazy("ticket", "urgent")
    HIGH = "high", pgettext_lazy("ticket", "high")
    NORMAL = "normal", pgettext_lazy("ticket", "normal")
    LOW = "low", pgettext_lazy("ticket", "low")


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


class Placing(models.TextChoices):
    """How it was found out in which area a ticket lies."""

    POINT = "point", _("by its point")
    ACCURACY = "accuracy", _("by its point, whose accuracy cannot tell the areas below apart")
    LIST = "list", _("chosen from the list by who reported it")
