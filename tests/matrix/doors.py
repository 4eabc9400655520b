"""The registry of doors: one row for every address and method this site answers.

A new address fails `test_every_address_has_a_row` until it stands here; then `test_who_may_pass` tries it as every
asker and searches every answer for what was planted. A row says

    Door("PUT", "/api/areas/{area_id}/names", "area.rename", body=…, version=1)

- the address as Django knows it, converters left out (`{area_id}`, not `<uuid:area_id>`);
- what it needs: a verb of `grids.permissions` on the area the question is about, PUBLIC, or SIGNED_IN (any account);
- `query`, `body`, `fill`: what is asked, so that it is about the target in `world.compound`; placeholders that are
  not filled take their own from FILL. Values may name ids of the world in braces: "{compound}", "{ticket}", "{lon}";
- `outside`: the status for who holds the verb, but elsewhere. 403 unless said; OWN_PART where the answer is then
  about the own areas only (what was planted must not be in it);
- `without`: the status for accounts without the verb, 403 unless said; `visitor`: for nobody signed in, 401.

Who may pass gets anything but 401, 403, 404, 405, 409 and 5xx: whether the question makes sense is tested elsewhere. A
door that answers nobody in this world, because the thing is so already or not yet, says so by `passes=(409,)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PUBLIC = "public"
SIGNED_IN = "signed in"
OWN_PART = 200
MISSING = 404
REFUSED = 403
REDIRECT = 302


@dataclass(frozen=True)
class Door:
    """One address with one method, and who may pass it."""

    method: str
    route: str
    needs: str
    query: str = ""
    body: Any = None
    fill: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    known_by: str = ""
    """The verb without which one may not even know that the thing is there: 404 outside, before `needs` is asked."""
    outside: int = REFUSED
    without: int = REFUSED
    visitor: int = 401
    names_the_caller: bool = False
    """The one kind of door behind which who may pass finds who reported; behind all others nobody does."""
    passes: tuple[int, ...] = ()
    """Further statuses for who may pass, where one of the refused ones is right."""

    def __str__(self) -> str:
        """The row's name in the test's report."""
        return f"{self.method} {self.route}{self.query and '?' + self.query}{self.fill.get('name', '')}"


FILL = {
    "area_id": "{compound}", "ticket_id": "{ticket}", "file_id": "{photo}", "site_id": "{site}", "job_id": "{new}",
    "kind": "csv", "run_id": "{new}", "gate_id": "{gate}",
    "person_id": "{person}", "appointment_id": "{appointment}", "body_id": "{body}", "membership_id": "{member}",
}  # fmt: skip

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[111.797, 36.847], [111.798, 36.847], [111.798, 36.848], [111.797, 36.848], [111.797, 36.847]]],
}
NEW_AREA = {
    "id": "{new}", "parent": "{compound}", "geometry": SQUARE, "code": "141024001001-001-07", "name_zh": "七号楼",
}  # fmt: skip
HERE = {"lon": "{lon}", "lat": "{lat}"}
NEW_SITE = {"id": "{new}", "kind": "station", "name_zh": "新站", "lon": "{lon}", "lat": "{lat}", "area": "{compound}"}
PLACE = "lon={lon}&lat={lat}"
IN_AREA = {"area": "{compound}"}
VIEW = "west=110&south=34&east=112&north=36&wide=64&high=64"

DOORS: list[Door] = [
    # the page
    Door("GET", "/", PUBLIC),
    Door("GET", "/accounts/login/", PUBLIC),
    Door("POST", "/accounts/logout/", PUBLIC),
    Door("GET", "/accounts/me/", SIGNED_IN, visitor=REDIRECT),
    Door("GET", "/accounts/password/", SIGNED_IN, visitor=REDIRECT),
    Door("POST", "/accounts/everywhere/", SIGNED_IN, visitor=REDIRECT),
    Door("POST", "/i18n/setlang/", PUBLIC),
    Door("GET", "/jsi18n/", PUBLIC),
    Door("GET", "/api/", PUBLIC, passes=(404,)),
    Door("GET", "/api/openapi.json", PUBLIC),
    # one's own long work
    Door("GET", "/api/jobs", SIGNED_IN),
    Door("GET", "/api/jobs/{job_id}", SIGNED_IN, passes=(404,)),
    Door("POST", "/api/jobs/{job_id}/cancel", SIGNED_IN, passes=(404,)),
    Door("GET", "/api/jobs/{job_id}/file", SIGNED_IN, passes=(404,)),
    # files of areas: one's own alone, so nobody here finds any
    Door("GET", "/api/imports/areas/references", "area.draw", outside=OWN_PART),
    Door("POST", "/api/imports/areas", "area.draw", outside=422),
    Door("POST", "/api/imports/areas/{job_id}/check", "area.draw", body={"said": {}}, outside=404, passes=(404,)),
    Door("POST", "/api/imports/areas/{job_id}/store", "area.draw", body={}, outside=404, passes=(404,)),
    Door("GET", "/api/imports/areas/{job_id}/shapes", "area.draw", "bbox=1,2,3,4", outside=404, passes=(404,)),
    # files of residents: one's own alone, as files of areas
    Door("POST", "/api/imports/population", "population.edit", outside=422),
    Door("POST", "/api/imports/population/{job_id}/check", "population.edit", body={"said": {}}, outside=404,
         passes=(404,)),
    Door("POST", "/api/imports/population/{job_id}/store", "population.edit", body={}, outside=404, passes=(404,)),
    # opening a place: the world is filled, so whoever may is told that it is
    Door("POST", "/api/imports/sites", "site.edit", outside=422),
    Door("POST", "/api/imports/sites/{job_id}/check", "site.edit", body={"said": {}}, outside=404, passes=(404,)),
    Door("POST", "/api/imports/sites/{job_id}/store", "site.edit", body={}, outside=404, passes=(404,)),
    Door("GET", "/api/imports/tickets/example", PUBLIC),
    Door("GET", "/api/imports/tickets/categories", "ticket.import", outside=OWN_PART),
    Door("POST", "/api/imports/tickets", "ticket.import", outside=422),
    Door("GET", "/api/imports/tickets/{job_id}/rows", "ticket.import", outside=404, passes=(404,)),
    Door("POST", "/api/imports/tickets/{job_id}/check", "ticket.import", body={"said": {}}, outside=404,
         passes=(404,)),
    Door("POST", "/api/imports/tickets/{job_id}/store", "ticket.import", body={}, outside=404, passes=(404,)),
    Door("GET", "/api/imports/places/example", PUBLIC),
    Door("POST", "/api/imports/places", "place.open", outside=409, passes=(409,)),
    Door("POST", "/api/imports/places/{job_id}/store", "place.open", body={}, outside=404, passes=(404,)),
    Door("GET", "/api/imports/places/{job_id}/shapes", "place.open", "bbox=1,2,3,4", outside=404, passes=(404,)),
    # the ground
    Door("GET", "/api/locate", PUBLIC, PLACE),
    Door("GET", "/api/areas/neighbourhood", PUBLIC, "bbox=111.79,36.84,111.80,36.85&tier=building"),
    Door("POST", "/api/areas/check", "area.draw", body={"parent": "{compound}", "geometry": SQUARE}),
    Door("POST", "/api/areas", "area.draw", body=NEW_AREA),
    Door("GET", "/api/areas/{area_id}", PUBLIC),
    Door("GET", "/api/areas/{area_id}/history", PUBLIC),
    Door("GET", "/api/areas/{area_id}/tellings/{row_id}", PUBLIC, fill={"row_id": "{new}"}, passes=(404,)),
    Door("POST", "/api/areas/{area_id}/corrections/check", "area.rename", body={"name_zh": "旧名"}, version=1),
    Door("POST", "/api/areas/{area_id}/corrections", "area.rename", body={"name_zh": "旧名", "reason": "x"}, version=1),
    Door("PUT", "/api/areas/{area_id}/boundary", "area.draw", body={"geometry": SQUARE}, version=1,
         fill={"area_id": "{building}"}),
    Door("PUT", "/api/areas/{area_id}/names", "area.rename", body={"name_zh": "新名"}, version=1),
    Door("POST", "/api/areas/{area_id}/retire", "area.draw", body={"reason": "x"}, version=1,
         fill={"area_id": "{building}"}, passes=(409,)),
    Door("GET", "/api/areas/{area_id}/dependants", "area.draw", fill={"area_id": "{building}"}),
    Door("GET", "/api/ground/{area_id}/problems", "area.draw"),
    Door("POST", "/api/ground/{area_id}/gaps", "area.draw", body={"id": "{new}", "reason": "x"}, passes=(409,)),
    Door("POST", "/api/ground/{area_id}/gaps/{gap_id}/end", "area.draw", body={}, fill={"gap_id": "{new}"},
         passes=(404,)),
    Door("GET", "/api/sketches", SIGNED_IN),
    Door("GET", "/api/sketches/{task}/{area_id}", SIGNED_IN, fill={"task": "draw"}),
    Door("PUT", "/api/sketches/{task}/{area_id}", "area.draw", body={"drawing": {"polygons": [], "line": None}},
         version=0, fill={"task": "draw"}),
    Door("DELETE", "/api/sketches/{task}/{area_id}", SIGNED_IN, fill={"task": "draw"}),
    # the roster
    Door("GET", "/api/roster", "roster.read", outside=OWN_PART),
    Door("GET", "/api/roster", "roster.read", "area={compound}"),
    Door("GET", "/api/roster", "roster.read", "area={compound}&view=vacant"),
    Door("GET", "/api/roster/choices", "roster.edit", outside=OWN_PART),
    Door("GET", "/api/roster/holders", "roster.edit", "q=ZXQVPERSON", outside=OWN_PART),
    Door("GET", "/api/roster/persons/{person_id}", "roster.read", outside=MISSING),
    Door("GET", "/api/roster/organisations/{body_id}", "roster.read", outside=OWN_PART),
    Door("POST", "/api/roster/appointments", "roster.edit", body={
        "id": "{new}", "area": "{compound}", "role": "worker", "holder": {"id": "{new}", "name_zh": "新人"},
    }),
    Door("POST", "/api/roster/appointments/{appointment_id}/end", "roster.edit", body={}),
    Door("POST", "/api/roster/appointments/{appointment_id}/hand-over", "roster.edit", body={
        "id": "{new}", "holder": {"id": "{new}", "name_zh": "新人"},
    }),
    Door("POST", "/api/roster/organisations/{body_id}/members", "roster.edit", body={
        "id": "{new}", "holder": {"id": "{new}", "name_zh": "新人"},
    }),
    Door("POST", "/api/roster/memberships/{membership_id}/end", "roster.edit"),
    Door("POST", "/api/roster/persons/{person_id}/sign-in", "roster.edit", body={"username": "new"},
         passes=(409,)),
    Door("POST", "/api/roster/persons/{person_id}/sign-in/renew", "roster.edit"),
    Door("POST", "/api/roster/persons/{person_id}/sign-in/close", "roster.edit"),
    Door("GET", "/api/roster/file.{kind}", "roster.read", outside=OWN_PART),
    Door("GET", "/api/roster/file.{kind}", "roster.read", "area={compound}", fill={"kind": "xlsx"}),
    Door("POST", "/api/roster/import", "roster.edit", outside=OWN_PART),
    # tickets
    Door("GET", "/api/tickets", "ticket.read", outside=OWN_PART),
    Door("GET", "/api/tickets", "ticket.read", "view=area&area={compound}", outside=OWN_PART),
    Door("GET", "/api/tickets", "ticket.read", "q=ZXQVMATTER", outside=OWN_PART),
    Door("POST", "/api/tickets", "ticket.report", outside=OWN_PART, body={
        "id": "{new}", "lon": "{lon}", "lat": "{lat}", "category": "litter", "text": "new",
        "caller": {"name": "ZXQVCALLER", "phone": "{phone}", "address": "ZXQVADDRESS"},
    }),
    Door("GET", "/api/tickets/categories", "ticket.read", outside=OWN_PART),
    Door("GET", "/api/tickets/answerable", "ticket.report", PLACE, outside=OWN_PART),
    Door("GET", "/api/tickets/nearby", "ticket.report", PLACE, outside=OWN_PART),
    Door("GET", "/api/tickets/places", "ticket.report", "area={compound}", outside=OWN_PART),
    Door("GET", "/api/tickets/{ticket_id}", "ticket.read", outside=MISSING),
    Door("GET", "/api/tickets/{ticket_id}/why", "ticket.read", outside=MISSING),
    Door("POST", "/api/tickets/{ticket_id}/moves", "ticket.sign", body={"verb": "sign"}, version=3,
         known_by="ticket.read"),
    # who reported: masked for who sees the ticket, in full for who handles it
    Door("GET", "/api/tickets/{ticket_id}/reporter", "ticket.read", outside=MISSING),
    Door("POST", "/api/tickets/{ticket_id}/reporter", "reporter.read", known_by="ticket.read",
         names_the_caller=True),
    Door("GET", "/api/tickets/public", PUBLIC, "bbox=111.77,36.84,111.81,36.88"),
    Door("POST", "/api/tickets/callers", "reporter.find", body={"phone": "{phone}"}, outside=OWN_PART),
    # pictures: those of a ticket are seen by who may read it, and nobody else knows that they are there
    Door("POST", "/api/files", "ticket.report", "owner=ticket", outside=OWN_PART),
    Door("GET", "/api/files/{file_id}", "ticket.read", outside=MISSING, without=MISSING),
    Door("GET", "/api/files/{file_id}/thumb", "ticket.read", outside=MISSING, without=MISSING),
    Door("DELETE", "/api/files/{file_id}", SIGNED_IN, passes=(404,)),
    # sites, circles, hotspots
    Door("GET", "/api/sites", PUBLIC),
    Door("POST", "/api/sites", "site.edit", body=NEW_SITE),
    Door("GET", "/api/sites/lists", PUBLIC),
    Door("GET", "/api/sites/file.{kind}", PUBLIC),
    Door("GET", "/api/sites/{site_id}", PUBLIC),
    Door("PUT", "/api/sites/{site_id}", "site.edit", body={"phone": "0354-8000001"}, version=1),
    Door("GET", "/api/sites/{site_id}/staff", "site.edit"),
    Door("POST", "/api/sites/{site_id}/end", "site.edit", body={}, version=1),
    Door("POST", "/api/sites/{site_id}/reopen", "site.edit", body={}, version=1, passes=(409,)),
    Door("GET", "/sites/{site_id}/", PUBLIC),
    Door("PUT", "/api/sites/{site_id}/hours", "site.edit", body={"hours": {"mon": [["08:30", "18:00"]]}}, version=1),
    Door("GET", "/api/gates/{gate_id}", PUBLIC),
    Door("PUT", "/api/gates/{gate_id}", "gate.edit", body={"closed": True} | HERE, version=1),
    Door("POST", "/api/gates", "gate.edit", body={"id": "{new}", "compound": "{compound}"} | HERE),
    Door("GET", "/api/circles", PUBLIC, PLACE),
    Door("GET", "/api/circles", PUBLIC, "site={site}"),
    Door("GET", "/api/circles/file.{kind}", PUBLIC, PLACE),
    Door("GET", "/api/circles/file.{kind}", PUBLIC, "site={site}"),
    Door("GET", "/api/coverage", PUBLIC),
    Door("GET", "/api/coverage", PUBLIC, "area={compound}"),
    Door("GET", "/api/coverage/what-if", PUBLIC, PLACE),
    Door("GET", "/api/coverage/file.{kind}", PUBLIC),
    Door("POST", "/api/coverage/renewals", "population.read", body={"id": "{new}"}, outside=OWN_PART),
    Door("GET", "/coverage/{area_id}/", PUBLIC),
    Door("GET", "/api/hotspots", "hotspot.read", outside=OWN_PART),
    Door("GET", "/api/hotspots", "hotspot.read", "area={compound}&cells=building"),
    Door("GET", "/api/hotspots/choices", "hotspot.read", outside=OWN_PART),
    Door("GET", "/api/hotspots/file.{kind}", "hotspot.read", outside=OWN_PART),
    Door("GET", "/api/hotspots/file.{kind}", "hotspot.read", "area={compound}&cells=building"),
    Door("POST", "/api/hotspots/file.{kind}", "hotspot.read", body={"id": "{new}", "asked": IN_AREA}),
    Door("GET", "/api/hotspots/tickets", "hotspot.read", "area={compound}&cells=building&cell={building}"),
    Door("GET", "/api/hotspots/cell", "hotspot.read", "area={compound}&cells=building&cell={building}"),
    Door("GET", "/api/hotspots/standing", "hotspot.read", outside=OWN_PART),
    Door("GET", "/api/hotspots/standing", "hotspot.read", "area={compound}&cells=building"),
    Door("GET", "/api/hotspots/picture", "hotspot.read", VIEW, outside=OWN_PART),
    Door("GET", "/api/hotspots/picture", "hotspot.read", f"{VIEW}&area={{compound}}"),
    Door("GET", "/api/hotspots/heat", "hotspot.read", outside=OWN_PART),
    Door("GET", "/api/hotspots/heat", "hotspot.read", "area={compound}"),
    Door("GET", "/api/atlas/needs", "hotspot.read", "area={compound}&cells=building"),
    Door("GET", "/api/atlas/needs/picture", "hotspot.read", VIEW, outside=OWN_PART),
    Door("GET", "/api/atlas/needs/picture", "hotspot.read", f"{VIEW}&area={{compound}}"),
    Door("GET", "/api/atlas/needs/cell", "hotspot.read", "area={compound}&cells=building&cell={building}"),
    Door("GET", "/api/hotspots/runs", "hotspot.read", outside=OWN_PART),
    Door("POST", "/api/hotspots/runs", "hotspot.read", body={"id": "{new}", "name": "一", "asked": IN_AREA}),
    Door("GET", "/api/hotspots/runs/{run_id}", "hotspot.read", outside=MISSING, passes=(404,)),
    Door("GET", "/api/hotspots/runs/{run_id}/file.{kind}", "hotspot.read", outside=MISSING, passes=(404,)),
    Door("POST", "/api/hotspots/runs/{run_id}/file.{kind}", "hotspot.read", body={"id": "{new}"}, outside=MISSING,
         passes=(404,)),
    Door("GET", "/api/hotspots/runs/{run_id}/picture", "hotspot.read", VIEW, outside=MISSING, passes=(404,)),
    Door("GET", "/api/hotspots/runs/{run_id}/standing", "hotspot.read", outside=MISSING, passes=(404,)),
    Door("GET", "/api/hotspots/runs/{run_id}/cell", "hotspot.read", "cell={building}", outside=MISSING, passes=(404,)),
    Door("DELETE", "/api/hotspots/runs/{run_id}", "hotspot.read", outside=MISSING, passes=(404,)),
    # the atlas
    Door("GET", "/api/atlas/session", PUBLIC),
    Door("GET", "/api/atlas/areas/{area_id}", PUBLIC),
    Door("GET", "/api/atlas/areas/{area_id}", PUBLIC, fill={"area_id": "{building}"}),
    Door("GET", "/api/atlas/search", PUBLIC, "q={number}"),
    Door("GET", "/api/atlas/search", PUBLIC, "q=ZXQVPERSON"),
    Door("GET", "/api/atlas/figures", PUBLIC),
    Door("GET", "/api/atlas/today", SIGNED_IN),
]  # fmt: skip

LAYERS: dict[str, str] = {
    # every map layer and every group of layers, by name: what its tiles and exports need
    "base": PUBLIC, "landuse": PUBLIC, "green": PUBLIC, "water": PUBLIC, "roads": PUBLIC, "footprints": PUBLIC,
    "barriers": PUBLIC, "gates": PUBLIC, "grids": PUBLIC, "prefecture": PUBLIC, "county": PUBLIC, "street": PUBLIC,
    "community": PUBLIC,
    "compound": PUBLIC, "building": PUBLIC, "unit": PUBLIC, "sites": PUBLIC,
    "posts": "roster.read", "vacancies": "roster.read",
    "tickets": "ticket.read", "ticket_cells": "ticket.read", "public_tickets": PUBLIC,
}  # fmt: skip

WANTED = {"id": "{new}", "format": "csv"}
DOORS += [Door("GET", "/api/layers", PUBLIC)]
for _name, _needs in {"areas": PUBLIC, **LAYERS}.items():
    if _name not in {"base", "grids", "posts", "ticket_cells", "public_tickets"}:  # groups and counts: not for files
        _job = SIGNED_IN if _needs == PUBLIC else _needs
        _fill = {"name": _name}
        DOORS += [
            Door("GET", "/api/layers/{name}/export", _needs, "format=csv", outside=OWN_PART, fill=_fill),
            Door("POST", "/api/layers/{name}/export", _job, body=WANTED, outside=OWN_PART, fill=_fill),
        ]

EACH_LAYER: list[Door] = [
    # doors that stand once for every layer: `{name}` is filled with each name of LAYERS, NEEDS is what that layer needs
    Door("GET", "/tiles/{name}/{z}/{x}/{y}.mvt", "of the layer", outside=OWN_PART),
]


def doors() -> list[Door]:
    """Every row, those for layers once for each layer (of tiles: one far and one near)."""
    from dataclasses import replace

    from tests.matrix.places import tile_at

    rows = list(DOORS)
    for row in EACH_LAYER:
        for name, needs in LAYERS.items():
            zooms = ((17,) if needs == PUBLIC else (11, 17)) if "{z}" in row.route else (0,)
            rows += [replace(row, needs=needs, fill={**row.fill, "name": name, **tile_at(z)}) for z in zooms]
    return rows
