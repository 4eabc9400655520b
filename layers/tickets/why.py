"""Why a matter belongs to this grid: the point, the boundaries of then, how far their edges are, and the rule.

Told from what is stored and from the ground as it was when the matter was reported, so that it says the same in a year.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from grids.models import Boundary
from grids.queries import locate
from layers.tickets import surroundings
from layers.tickets.answering import ground_moment
from layers.tickets.asking import border_areas
from layers.tickets.documents import Names
from layers.tickets.models import Placing, Responsibility, Ticket

Document = dict[str, Any]


def document(ticket: Ticket, now: datetime) -> Document:
    """Point, chain with each boundary's version and the distance to its edge, borders close by, rule, decisions."""
    moment = ground_moment(ticket.reported_at)
    x, y = ticket.point.x, ticket.point.y
    rows = {
        row.area_id: row
        for row in Boundary.objects.at(moment)
        .filter(area_id__in=ticket.located_chain)
        .select_related("tier", "opened_by")
    }
    chain = [rows[area] for area in ticket.located_chain if area in rows]
    near = surroundings.borders(x, y, surroundings.border_metres(ticket.accuracy_m), ticket.located_chain, moment)
    today = _today(ticket, now)
    return {
        "number": ticket.number,
        "point": {
            "lon": x,
            "lat": y,
            "raw": [ticket.raw_lon, ticket.raw_lat],
            "datum": ticket.datum,
            "accuracy_m": ticket.accuracy_m,
        },
        "moment": moment,
        "chain": [_version(row, x, y) for row in chain],
        "borders": border_areas(near, moment),
        "placing": ticket.located_because,
        "placing_text": Placing(ticket.located_because).label,
        "rules": _rules(ticket, chain, bool(near)),
        "responsible": Names([ticket.responsible_area_id], now).of(ticket.responsible_area_id),
        "because": ticket.responsible_because,
        "because_text": Responsibility(ticket.responsible_because).label,
        "today": today,
    }


def _version(row: Boundary, lon: float, lat: float) -> Document:
    """One boundary: whose, since when, by which act, and how far its edge is."""
    return {
        "id": str(row.area_id),
        "name": row.name,
        "code": row.code,
        "tier": row.tier.code,
        "tier_name": row.tier.name,
        "boundary": str(row.pk),
        "version": row.version,
        "since": row.valid_from,
        "until": row.valid_until,
        "act": row.opened_by.get_kind_display(),
        "edge_m": surroundings.edge_m(row, lon, lat),
    }


def _rules(ticket: Ticket, chain: list[Boundary], near: bool) -> list[str]:
    """The rules that decided, as sentences, in the order in which they were asked."""
    told = []
    if not chain:
        told.append(_("The point lies outside every area: the nearest county that has a front desk answers."))
    elif ticket.located_because == Placing.LIST:
        told.append(_("Whoever reported it chose the area from the list; the point lies in it."))
    else:
        told.append(
            _("From the top down, in each tier the area whose polygon covers the point; the deepest one counts.")
        )
    if ticket.located_because == Placing.ACCURACY:
        told.append(_("The position is less exact than the areas below are large: none of them is claimed."))
    if near:
        told.append(
            _("The point lies close to a border. On the border itself the area with the lower code owns it, always.")
        )
    if ticket.responsible_because == Responsibility.VACANT:
        told.append(_("Nobody was in office in the areas below: the next one up with somebody in office answers."))
    elif ticket.responsible_because == Responsibility.DESK:
        told.append(_("Nobody was in office here: it went to the lowest front desk."))
    elif ticket.responsible_because in (Responsibility.DECISION, Responsibility.RAISED):
        told.append(_("Who answers was decided since; the story of the ticket says by whom and why."))
    return told


def _today(ticket: Ticket, now: datetime) -> Document | None:
    """Where the point would lie on today's boundaries, where that is another place than it was; None: the same."""
    chain = locate(ticket.point.x, ticket.point.y, moment=now)
    ids = [row.area_id for row in chain]
    if ids[: len(ticket.located_chain)] == list(ticket.located_chain):
        return None
    return {"located": [{"id": str(row.area_id), "name": row.name, "tier": row.tier.code} for row in chain]}
