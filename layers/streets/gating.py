"""The only writes to gates: confirmed, opened, closed, given hours, moved along the wall, drawn, by who may."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Point, Polygon
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Stale
from gis.shared.functions import AsWKB
from gis.shared.geometry import SRID, metric_epsg, snap_coordinates, to_degrees, to_metres
from grids.models import Boundary
from grids.permissions import demand
from layers.streets.models import Gate

EDGE_M = 30.0
"""A gate may be pointed at so far from the edge of its compound; it is put onto the edge."""
APART_M = 4.0
"""Nearer than this, two gates of one compound are one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a gate shall be: where (degrees), closed or not, for whom, between which times (None: always)."""

    lon: float
    lat: float
    closed: bool
    open_to: str
    open_from: time | None
    open_until: time | None


@transaction.atomic
def change_gate(*, gate_id: uuid.UUID, wanted: Wanted, version: int, now: datetime, actor: Any) -> Gate:
    """Make a gate as wanted; who says how it is has confirmed it. Stale when somebody changed it since `version`."""
    gate = gate_of(gate_id, lock=True)
    demand(actor, "gate.edit", gate.compound_id, now=now)
    if gate.version != version:
        raise Stale(_("This gate was changed in the meantime."), version=gate.version)
    _demand_sense(wanted)
    before = (gate.status, gate.open_to, gate.open_from, gate.open_until, gate.geometry.coords)
    moved = (wanted.lon, wanted.lat) != gate.geometry.coords
    if moved:
        wanted = _on_the_edge(wanted, gate.compound_id, now=now)
        _take_turn(gate.compound_id)
        _demand_room(wanted, gate.compound_id, but=gate.pk)
        gate.geometry = Point(wanted.lon, wanted.lat, srid=4326)
    _take(gate, wanted)
    if (gate.status, gate.open_to, gate.open_from, gate.open_until, gate.geometry.coords) == before:
        return gate
    gate.since = now
    gate.version += 1
    gate.changed_by = actor
    gate.save()
    detail = {"status": gate.status, "open_to": gate.open_to, "moved": moved, "version": gate.version}
    record(actor=actor, verb="gate.change", subject=gate.pk, now=now, detail=detail)
    return gate


@transaction.atomic
def draw_gate(*, gate_id: uuid.UUID, compound: uuid.UUID | None, wanted: Wanted, now: datetime, actor: Any) -> Gate:
    """A new gate on the edge of a compound: of the one said, else of the nearest within reach."""
    demand(actor, "gate.edit", compound, now=now)
    _demand_sense(wanted)
    if Gate.objects.filter(pk=gate_id).exists():
        raise Conflict(_("This id belongs to another gate."), code="id-taken")
    chosen = compound or _nearest_compound(wanted, now=now)
    demand(actor, "gate.edit", chosen, now=now)
    wanted = _on_the_edge(wanted, chosen, now=now)
    _take_turn(chosen)
    _demand_room(wanted, chosen)
    gate = Gate(
        id=gate_id, compound_id=chosen, geometry=Point(wanted.lon, wanted.lat, srid=4326), since=now, drawn_at=now,
        changed_by=actor,
    )  # fmt: skip
    _take(gate, wanted)
    try:
        with transaction.atomic():
            gate.save(force_insert=True)
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") != "streets_gate_pkey":
            raise
        raise Conflict(_("This id belongs to another gate."), code="id-taken") from error
    record(actor=actor, verb="gate.draw", subject=gate.pk, now=now, detail={"open_to": gate.open_to})
    return gate


def gate_of(gate_id: uuid.UUID, *, lock: bool = False, moment: datetime | None = None) -> Gate:
    """A gate by its id; raises Missing, also when it was not drawn yet at the moment that is asked about."""
    rows = Gate.objects.select_for_update() if lock else Gate.objects.all()
    gate = rows.filter(pk=gate_id).first()
    if gate is None or (moment is not None and gate.drawn_at is not None and moment < gate.drawn_at):
        raise Missing(_("There is no such gate."))
    return gate


def _take(gate: Gate, wanted: Wanted) -> None:
    """What is wanted, but for the place."""
    gate.status = Gate.Status.CLOSED if wanted.closed else Gate.Status.CONFIRMED
    gate.open_to, gate.open_from, gate.open_until = wanted.open_to, wanted.open_from, wanted.open_until


def _demand_sense(wanted: Wanted) -> None:
    """Go on, or raise Invalid: unknown people, half of the hours, hours without length."""
    if wanted.open_to not in Gate.OpenTo.values:
        words = _("A gate is for all, for residents, or it is unknown for whom.")
        raise Invalid(words, code="bad-gate", fields={"open_to": words})
    if (wanted.open_from is None) != (wanted.open_until is None):
        words = _("Say when it opens and when it closes, or neither.")
        raise Invalid(words, code="bad-hours", fields={"open_from": words, "open_until": words})
    for name, at in (("open_from", wanted.open_from), ("open_until", wanted.open_until)):
        if at is not None and (at.tzinfo is not None or at.second or at.microsecond):
            words = _("Hours are those of the clock on the gate, like 06:30: without a zone and without seconds.")
            raise Invalid(words, code="bad-hours", fields={name: words})
    if wanted.open_from is not None and wanted.open_from == wanted.open_until:
        words = _("It cannot open and close at the same time. Leave both out if it is always open.")
        raise Invalid(words, code="bad-hours", fields={"open_until": words})


def _on_the_edge(wanted: Wanted, compound: uuid.UUID, *, now: datetime) -> Wanted:
    """The wanted gate on the edge of its compound; raises Invalid when it is farther than EDGE_M from it."""
    row = Boundary.objects.at(now).of_tier("compound").filter(area_id=compound).annotate(wkb=AsWKB("geometry")).first()
    if row is None:
        words = _("Gates belong to compounds; this area is none.")
        raise Invalid(words, code="no-compound", fields={"compound": words})
    epsg = metric_epsg(wanted.lon, wanted.lat)
    edge = shapely.boundary(to_metres(shapely.from_wkb(bytes(row.wkb)), epsg))
    here = to_metres(shapely.Point(wanted.lon, wanted.lat), epsg)
    away = float(shapely.distance(edge, here))
    if away > EDGE_M:
        words = _(
            "A gate stands on the edge of its compound; this place is %(metres)d m away from the edge of %(name)s."
        )
        raise Invalid(words % {"metres": round(away), "name": row.name}, code="off-the-edge")
    foot = to_degrees(shapely.Point(shapely.get_coordinates(shapely.shortest_line(edge, here))[0]), epsg)
    lon, lat = snap_coordinates(np.array([[foot.x, foot.y]]))[0]
    return replace(wanted, lon=float(lon), lat=float(lat))


def _nearest_compound(wanted: Wanted, *, now: datetime) -> uuid.UUID:
    """The compound whose edge is nearest to a place; raises Invalid when none is within EDGE_M."""
    epsg = metric_epsg(wanted.lon, wanted.lat)
    here = to_metres(shapely.Point(wanted.lon, wanted.lat), epsg)
    reach = to_degrees(shapely.box(here.x - EDGE_M, here.y - EDGE_M, here.x + EDGE_M, here.y + EDGE_M), epsg)
    box = Polygon.from_bbox(reach.bounds)
    box.srid = SRID
    near = Boundary.objects.at(now).of_tier("compound").filter(geometry__bboverlaps=box)
    found = [
        (
            float(shapely.distance(shapely.boundary(to_metres(shapely.from_wkb(bytes(wkb)), epsg)), here)),
            str(area),
            area,
        )
        for area, wkb in near.annotate(wkb=AsWKB("geometry")).values_list("area_id", "wkb")
    ]
    away, _text, area = min(found, default=(np.inf, "", None))
    if area is None or away > EDGE_M:
        raise Invalid(
            _("No compound's edge is within %(metres)d m of this place. A gate stands on such an edge.")
            % {"metres": round(EDGE_M)},
            code="off-the-edge",
        )
    return area


def _take_turn(compound: uuid.UUID) -> None:
    """Wait until nobody else puts a gate onto this compound's edge: two at one place would not see each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"streets.gates {compound}"])


def _demand_room(wanted: Wanted, compound: uuid.UUID, *, but: uuid.UUID | None = None) -> None:
    """Go on, or raise Conflict: there is a gate of this compound at the place already."""
    epsg = metric_epsg(wanted.lon, wanted.lat)
    xy = to_metres(shapely.Point(wanted.lon, wanted.lat), epsg)
    others = Gate.objects.filter(compound_id=compound)
    for gate in others if but is None else others.exclude(pk=but):
        if shapely.distance(to_metres(shapely.Point(gate.geometry.x, gate.geometry.y), epsg), xy) < APART_M:
            raise Conflict(_("There is a gate at this place already."), code="gate-there", gate=str(gate.pk))
