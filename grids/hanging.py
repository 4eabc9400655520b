"""What of the ground itself hangs on an area: areas below, people appointed to it, residents counted in it."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.dependants import MOST_NAMES, Dependant, Hanging, register
from grids.models import Appointment, Boundary, BoundaryChange, Population
from grids.models.people import AppointmentQuerySet


def areas_below(area: UUID, now: datetime) -> Hanging | None:
    """Areas drawn inside it: nobody above would hold them."""
    found = Boundary.objects.still().filter(parent=area).order_by("code")
    count = found.count()
    title = ngettext("%(count)d area lies in it", "%(count)d areas lie in it", count) % {"count": count}
    names = [row.name for row in found[:MOST_NAMES]]
    return Hanging("areas", count, "blocks", title, _("End them first, one by one."), names)


def appointments(area: UUID, now: datetime) -> Hanging | None:
    """People and organisations in a post here, now or from a day to come."""
    found = _posts(area, now).select_related("person", "organisation").order_by("role")
    count = found.count()
    title = ngettext("%(count)d person is appointed to it", "%(count)d people are appointed to it", count)
    names = [str(row) for row in found[:MOST_NAMES]]
    return Hanging("appointments", count, "ends", title % {"count": count}, _("Their posts end with it."), names)


def end_appointments(area: UUID, change: BoundaryChange) -> None:
    """Posts end when the area does; those that were to begin later are taken back."""
    held = _posts(area, change.effective_at)
    held.filter(valid_from__lt=change.effective_at).update(valid_until=change.effective_at)
    held.filter(valid_from__gt=change.effective_at).delete()


def _posts(area: UUID, now: datetime) -> AppointmentQuerySet:
    """Posts of an area that have not ended, begun or not."""
    return Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now), area=area)


def residents(area: UUID, now: datetime) -> Hanging | None:
    """People counted as living here."""
    found = Population.objects.at(now).filter(area=area)
    total = found.aggregate(total=Sum("residents"))["total"]
    if total is None:
        return None
    title = ngettext("%(count)d resident is counted in it", "%(count)d residents are counted in it", total)
    advice = _("From then on no figure counts them; their numbers stay in the past.")
    return Hanging("residents", max(total, found.count()), "ends", title % {"count": total}, advice)


def end_residents(area: UUID, change: BoundaryChange) -> None:
    """Counts end when the area does."""
    counted = Population.objects.at(change.effective_at).filter(area=area)
    counted.filter(valid_from__lt=change.effective_at).update(valid_until=change.effective_at)


def register_ground() -> None:
    """What the ground itself asks, before any layer."""
    register(Dependant("areas", areas_below))
    register(Dependant("appointments", appointments, end_appointments))
    register(Dependant("residents", residents, end_residents))
