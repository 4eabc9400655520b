"""The JSON doors to gates: public to read, as of any moment; written by who may edit gates there."""

import uuid
from datetime import datetime, time
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from gis.audit.receipts import idempotent
from gis.shared.geojson import point_from
from gis.shared.periods import moment_from
from gis.shared.versions import version_of
from grids.models import Boundary
from grids.permissions import may
from layers.streets import gating, making
from layers.streets.models import FormerGate, Gate

router = Router(tags=["gates"])

MOST_FORMER = 50


class GateIn(Schema):
    """How a gate is: where, shut for good or not, for whom ("all", "residents", "unknown"), from when until when."""

    lon: float
    lat: float
    closed: bool = False
    open_to: str = "all"
    open_from: time | None = None
    open_until: time | None = None

    def wanted(self) -> gating.Wanted:
        """The same for the action; raises Invalid when the place is none."""
        point = point_from(self.lon, self.lat)
        return gating.Wanted(point.x, point.y, self.closed, self.open_to, self.open_from, self.open_until)


class NewGateIn(GateIn):
    """A new gate; its id is made by the client. `compound` null: the one whose edge is nearest."""

    id: uuid.UUID
    compound: uuid.UUID | None = None


@router.get("/{uuid:gate_id}")
def get_gate(request: HttpRequest, gate_id: uuid.UUID, moment: str = "") -> Any:
    """One gate as it was at a moment, what it was before, and whether the network has its place yet."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    return told(gating.gate_of(gate_id, moment=at), request.user, at, now=now)


@router.put("/{uuid:gate_id}")
@idempotent
def put_gate(request: HttpRequest, gate_id: uuid.UUID, body: GateIn) -> Any:
    """Confirm, close, open, move a gate; If-Match carries the version it was made from."""
    now = timezone.now()
    version = version_of(request)
    gate = gating.change_gate(gate_id=gate_id, wanted=body.wanted(), version=version, now=now, actor=request.user)
    return told(gate, request.user, now, now=now) | {"job": making.begin(gate, now=now, actor=request.user)}


@router.post("")
@idempotent
def post_gate(request: HttpRequest, body: NewGateIn) -> Any:
    """Draw a gate on the edge of a compound."""
    now = timezone.now()
    gate = gating.draw_gate(gate_id=body.id, compound=body.compound, wanted=body.wanted(), now=now, actor=request.user)
    return told(gate, request.user, now, now=now) | {"job": making.begin(gate, now=now, actor=request.user)}


def told(gate: Gate, asker: Any, at: datetime, *, now: datetime) -> dict[str, Any]:
    """Everything about one gate; who changed it is told to those who may know who holds an office there."""
    with_names = may(asker, "roster.read", gate.compound_id, now=now)
    former = list(
        FormerGate.objects.filter(gate=gate).select_related("changed_by").order_by("-valid_from")[:MOST_FORMER]
    )
    states = [state(gate, gate.since, None, with_names)]
    states += [state(row, row.valid_from, row.valid_until, with_names) for row in former]
    if former and gate.drawn_at is None:
        states[-1]["since"] = None  # so it was from the first
    then = states[0]
    for one in states:  # the newest first
        if one["until"] is None or at < one["until"]:
            then = one
    row = Boundary.objects.at(now).filter(area_id=gate.compound_id).first()
    return {
        "id": gate.pk,
        **{name: then[name] for name in STATE},
        "kind": gate.kind,
        "compound": {"id": gate.compound_id, "name": row.name, "walled": row.walled} if row else None,
        "version": gate.version,
        "history": states[1:],
        "since": states[0]["since"],
        "by": states[0]["by"],
        "waiting": gate.noded is None or gate.noded.coords != gate.geometry.coords,
        "may_edit": may(asker, "gate.edit", gate.compound_id, now=now),
    }


STATE = ("lon", "lat", "status", "open_to", "open_from", "open_until")


def state(row: Any, since: datetime | None, until: datetime | None, with_names: bool) -> dict[str, Any]:
    """One state of a gate, then or now."""
    return {
        "lon": row.geometry.x,
        "lat": row.geometry.y,
        "status": row.status,
        "open_to": row.open_to,
        "open_from": row.open_from and f"{row.open_from:%H:%M}",
        "open_until": row.open_until and f"{row.open_until:%H:%M}",
        "since": since,
        "until": until,
        "by": str(row.changed_by) if with_names and row.changed_by_id and row.changed_by else None,
    }
