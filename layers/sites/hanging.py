"""Sites that serve an area: it cannot end while they do."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.dependants import MOST_NAMES, Dependant, Hanging, register
from layers.sites.models import Site


def serving_sites(area: UUID, now: datetime) -> Hanging | None:
    """Sites in service now for this area."""
    found = Site.objects.at(now).filter(area=area).order_by("name_zh")
    count = found.count()
    title = ngettext("%(count)d site serves it", "%(count)d sites serve it", count) % {"count": count}
    names = [row.name for row in found[:MOST_NAMES]]
    return Hanging("sites", count, "blocks", title, _("Let them serve another area first."), names)


def register_sites() -> None:
    """Tell the ground to ask."""
    register(Dependant("sites", serving_sites))
