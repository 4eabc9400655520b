"""What the sites say of mistakes, in the reader's language."""

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from layers.sites.hours import DAYS, HoursFault, check_hours


def day_name(day: str) -> str:
    """A weekday by its code in words; a date stays as it is."""
    names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return dict(zip(DAYS, names, strict=True)).get(day, day.replace("/", " – "))


def hours_fault(fault: HoursFault) -> str:
    """What is wrong with opening hours, where, and what to do."""
    told = {"day": day_name(fault.day), "text": fault.text}
    sentences = {
        "no-time": _("%(day)s: “%(text)s” is no time of day like 08:30."),
        "no-spans": _("%(day)s: hours are pairs of times, eight at most."),
        "backwards": _("%(day)s: %(text)s ends before it begins. A night past midnight may last twelve hours at most."),
        "overlap": _("%(day)s: two spans overlap. Make one of them, or part them."),
        "night-overlap": _("%(day)s: the night reaches into the hours of the next morning."),
        "no-date": _("“%(day)s” is no date like 2026-10-01, nor two with a stroke between."),
        "dates-backwards": _("%(day)s: the last day lies before the first."),
        "exceptions-overlap": _("The exceptions %(day)s and %(text)s are about the same day."),
        "no-exceptions": _("Exceptions are a table of dates, 366 at most."),
        "no-day": _("“%(day)s” is no day of the week."),
        "no-table": _("Opening hours are a table of days."),
        "twice": _("%(day)s is told twice."),
        "no-rule": _("“%(text)s” cannot be read; write, for example: Mo-Fr 08:30-12:00,14:30-18:00; Sa 09:00-12:00"),
    }
    return sentences[fault.code] % told


def demand_hours(hours: object, name: str, *, field: str = "hours") -> None:
    """Go on, or raise Invalid saying whose hours are wrong and why."""
    try:
        check_hours(hours)
    except HoursFault as fault:
        reason = hours_fault(fault)
        raise Invalid(
            _("%(name)s: these are not opening hours: %(reason)s") % {"name": name, "reason": reason},
            code="bad-hours",
            fields={field: reason},
        ) from fault
