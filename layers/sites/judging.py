"""The rows of a file of sites, judged by the rules of the page and by what stands there already."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.shared.datums import Datum, to_wgs84
from gis.shared.errors import Invalid
from gis.shared.geometry import snap_coordinates
from grids.models import Boundary
from grids.models.area import subtree_ids
from grids.permissions import areas_with
from layers.sites import hours_text
from layers.sites.columns import cells_of, choice, listed, rooms_of
from layers.sites.facts import OfferFacts, RoomFacts, demand_offers, demand_rooms, tidy
from layers.sites.files import SiteFile
from layers.sites.hours import HoursFault, week_known
from layers.sites.models import Offer, Room, Service, Site, SiteKind
from layers.sites.placing import Spot, area_for, cautions, spots
from layers.sites.wording import hours_fault

VERB = "site.edit"
MOST_TOLD = 500


@dataclass(slots=True)
class Row:
    """One row that can be stored: which site, its facts, where."""

    line: int
    id: UUID
    facts: dict[str, Any]
    area: UUID
    kind: SiteKind
    spot: Spot
    standing: Site | None = None


@dataclass(slots=True)
class Judged:
    """What a file would become, and everything to be told of it."""

    report: dict[str, Any]
    fresh: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether it may be stored."""
        return bool(self.report["sound"])


class Judge:
    """Judges the rows of one file by what stands there now."""

    def __init__(self, columns: dict[str, str], *, kind: str, datum: Datum, actor: Any, now: datetime) -> None:
        """Look everything up once."""
        self.columns, self.kind, self.datum, self.now = columns, kind, datum, now
        kinds = list(SiteKind.objects.at(now).select_related("tier"))
        self.kinds = {word.lower(): kind for kind in kinds for word in (kind.name_en, kind.name_zh, kind.code) if word}
        services = list(Service.objects.at(now))
        self.services = {
            word.lower(): row.code for row in services for word in (row.name_en, row.name_zh, row.code) if word
        }
        self.codes: dict[str, list[UUID]] = defaultdict(list)
        for code, area in Boundary.objects.at(now).values_list("code", "area_id"):
            self.codes[code].append(area)
        tops = None if actor is None else areas_with(actor, VERB, now=now)
        self.mine = (
            None
            if tops is None
            else set(
                Boundary.objects.at(now).filter(area_id__in=subtree_ids(tops, now)).values_list("area_id", flat=True)
            )
        )
        sites = list(Site.objects.at(now).select_related("kind"))
        self.by_id = {site.pk: site for site in sites}
        self.by_name = {(site.area_id, site.name_zh): site for site in sites}
        self.ended = set(Site.objects.exclude(pk__in=self.by_id).values_list("pk", flat=True))
        self.held: dict[tuple[UUID, str], set[UUID]] = defaultdict(set)
        for site in sites:
            self.held[site.area_id, site.kind.code].add(site.pk)
        self.rooms: dict[UUID, list[tuple[str, str, int | None]]] = defaultdict(list)
        for site_id, *room in Room.objects.at(now).values_list("site_id", "name_zh", "floor", "capacity"):
            self.rooms[site_id].append((room[0], room[1], room[2]))
        self.offers: dict[UUID, set[str]] = defaultdict(set)
        for site_id, code in Offer.objects.at(now).values_list("site_id", "service__code"):
            self.offers[site_id].add(code)
        self.seen: dict[UUID, int] = {}
        self.called: dict[tuple[UUID, str], int] = {}
        """In which line of the file a site of this area is called so."""

    def take(self, file: SiteFile, found: Judged, *, agreed: Sequence[str]) -> None:
        """Every row: to be added, to be changed, as it is, or left out with the reason."""
        report = found.report
        faults = [(line, _("More cells than heads, or a shape that is no point.")) for line in file.odd]
        cells = [(line, cells_of(row, self.columns)) for line, row in file.rows]
        xy = np.array([(_degrees(row["lon"]), _degrees(row["lat"])) for _line, row in cells], float).reshape(-1, 2)
        right = (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)
        places = spots(snap_coordinates(to_wgs84(xy[right], self.datum)), now=self.now)
        spot_of = dict(zip(np.flatnonzero(right).tolist(), places, strict=True))
        asked: dict[str, list[tuple[int, str]]] = defaultdict(list)
        same = 0
        for at, (line, row) in enumerate(cells):
            try:
                if at not in spot_of:
                    raise Invalid(_("This is not a longitude and latitude in degrees."))
                judged = self._row(line, row, spot_of[at])
            except Invalid as fault:
                faults.append((line, str(fault.detail)))
                continue
            if judged.standing is not None and not self._differs(judged):
                same += 1
                continue
            (found.fresh if judged.standing is None else found.changed).append(judged)
            for caution in cautions(judged.spot, judged.area, now=self.now):
                asked[caution.code].append((line, caution.message))
        found.faults = faults = sorted(faults)
        told = [_told(code, lines) for code, lines in asked.items()]
        report["cautions"] = told
        report["storable"] = bool(found.fresh or found.changed)
        report["sound"] = report["storable"] and all(one["code"] in agreed for one in told)
        report |= {
            "new": len(found.fresh),
            "changed": len(found.changed),
            "unchanged": same,
            "nothing_new": same > 0 and not report["storable"],
            "fault_count": len(faults),
            "faults": [{"line": line, "message": message} for line, message in faults[:MOST_TOLD]],
            "preview": [
                {"name": row.facts["name_zh"], "kind": row.kind.name, "lon": row.spot.lon, "lat": row.spot.lat,
                 "new": row.standing is None}
                for row in (found.fresh + found.changed)[:MOST_TOLD]
            ],
        }  # fmt: skip

    def _row(self, line: int, cells: dict[str, str], spot: Spot) -> Row:
        """One row by the rules of the page; raises Invalid."""
        facts = self._facts(cells)
        word = cells.get("kind", "") or self.kind
        kind = self.kinds.get(word.lower())
        if kind is None:
            raise Invalid(_("There is no kind of site called %(kind)s.") % {"kind": word[:60]})
        asked = self._area(cells["area"]) if cells.get("area") else None
        standing = self._standing(cells.get("id", ""))
        area = area_for(spot, kind, asked=asked or (standing.area_id if standing else None), now=self.now)
        standing = standing or self.by_name.get((area, facts["name_zh"]))
        if self.mine is not None and not {area, standing.area_id if standing else area} <= self.mine:
            raise Invalid(_("This area is not yours: your appointment covers another part of the map."))
        key = standing.pk if standing else self._own_id(cells.get("id", ""), area, facts["name_zh"])
        if key in self.seen:
            raise Invalid(_("The same site stands in line %(line)d.") % {"line": self.seen[key]})
        same_name = self.by_name.get((area, facts["name_zh"]))
        if same_name is not None and same_name.pk != key:
            raise Invalid(_("Another site of this area is called “%(name)s”.") % {"name": facts["name_zh"]})
        if (area, facts["name_zh"]) in self.called:
            words = _("Another site of this area is called “%(name)s” in line %(line)d.")
            raise Invalid(words % {"name": facts["name_zh"], "line": self.called[area, facts["name_zh"]]})
        others = self.held[area, kind.code] - {key}
        if kind.most is not None and len(others) >= kind.most:
            words = _("This area has its %(kind)s already.")
            raise Invalid(words % {"kind": kind.name})
        self.held[area, kind.code].add(key)
        self.seen[key] = self.called[area, facts["name_zh"]] = line
        return Row(line, key, facts, area, kind, spot, standing)

    def _facts(self, cells: dict[str, str]) -> dict[str, Any]:
        """The words, hours, services and rooms of a row."""
        facts: dict[str, Any] = {
            word: text for word, text in cells.items() if word not in ("id", "kind", "lon", "lat", "area", "hours")
        }
        for word in ("operator_kind", "step_free"):
            if word in facts:
                facts[word] = choice(word, facts[word])
        if "hours" in cells:
            try:
                facts["hours"] = hours_text.parse(cells["hours"])
            except HoursFault as fault:
                raise Invalid(hours_fault(fault)) from fault
        if "services" in facts:
            offers = [OfferFacts(self.services.get(one.lower(), one)) for one in listed(facts["services"])]
            facts["services"] = demand_offers(offers, set(self.services.values()))
        if "rooms" in facts:
            rooms = [RoomFacts(name, "", floor, capacity) for name, floor, capacity in rooms_of(facts["rooms"])]
            facts["rooms"] = demand_rooms(rooms)
        return tidy(facts)

    def _area(self, code: str) -> UUID:
        """The area of a code; raises Invalid."""
        found = self.codes.get(code.removesuffix(".0"), [])
        if len(found) != 1:
            words = (
                _("No area has the code “%(code)s”.")
                if not found
                else _("The code “%(code)s” stands for several areas.")
            )
            raise Invalid(words % {"code": code[:60]})
        return found[0]

    def _standing(self, text: str) -> Site | None:
        """The site of an id; raises Invalid for one that has ended."""
        try:
            key = UUID(text)
        except ValueError:
            return None
        if key in self.ended:
            raise Invalid(_("This site is out of service; reopen it on the page, or leave its id empty."))
        return self.by_id.get(key)

    def _own_id(self, text: str, area: UUID, name: str) -> UUID:
        """The id of a new site: the file's own where it is one of ours, else made of area and name."""
        try:
            return UUID(text)
        except ValueError:
            made = uuid5(NAMESPACE_URL, f"site/{area}/{name}")
            return made if made not in self.ended else uuid5(made, self.now.isoformat())

    def _differs(self, row: Row) -> bool:
        """Whether a row says anything that is not so already."""
        site = row.standing
        assert site is not None
        place = abs(site.geometry.x - row.spot.lon) > 1e-8 or abs(site.geometry.y - row.spot.lat) > 1e-8
        if place or site.area_id != row.area or site.kind_id != row.kind.pk:
            return True
        plain = {name: value for name, value in row.facts.items() if name not in ("rooms", "services", "hours")}
        if any(getattr(site, name) != value for name, value in plain.items()):
            return True
        if "hours" in row.facts and _bare(site.hours) != _bare(row.facts["hours"]):
            return True
        if "services" in row.facts and {one.service for one in row.facts["services"]} != self.offers[site.pk]:
            return True
        told = [(one.name_zh, one.floor, one.capacity) for one in row.facts.get("rooms", ())]
        return "rooms" in row.facts and sorted(told, key=str) != sorted(self.rooms[site.pk], key=str)


def _bare(hours: dict[str, Any]) -> dict[str, Any]:
    """Hours without the days that are closed anyway; a week that nobody told stays apart from one without a day."""
    return {day: row for day, row in hours.items() if row} | {"known": week_known(hours)}


def _degrees(text: str) -> float:
    """A number, or NaN."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _told(code: str, lines: list[tuple[int, str]]) -> dict[str, Any]:
    """One caution for all rows it is about."""
    first = ", ".join(str(line) for line, _message in lines[:10])
    words = ngettext(
        "%(count)d row: %(message)s (line %(lines)s)",
        "%(count)d rows, such as: %(message)s (lines %(lines)s)",
        len(lines),
    )
    message = words % {"count": len(lines), "message": lines[0][1], "lines": first}
    return {"code": code, "ask": True, "count": len(lines), "message": message}
