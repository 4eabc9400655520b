"""What stands in a site, written: rows that stay as they are go on, others end and new ones begin."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from grids.models import Person
from layers.sites.facts import DutyFacts, OfferFacts, RoomFacts, demand_duties, demand_offers, demand_rooms
from layers.sites.models import Duty, Offer, Room, Service, Site

CONTENTS: tuple[type[Any], ...] = (Room, Offer, Duty)


def as_told_before(site: Site, facts: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The rooms and services of a file with what a file has no words for: English names and notes stay as they are."""
    told: dict[str, Any] = {}
    if "rooms" in facts:
        english = dict(Room.objects.at(now).filter(site=site).values_list("name_zh", "name_en"))
        told["rooms"] = [
            replace(room, name_en=room.name_en or english.get(room.name_zh, "")) for room in facts["rooms"]
        ]
    if "services" in facts:
        rows = Offer.objects.at(now).filter(site=site).values_list("service__code", "note_zh", "note_en")
        notes = {code: OfferFacts(code, zh, en) for code, zh, en in rows}
        told["services"] = [notes.get(offer.service, offer) for offer in facts["services"]]
    return told


def set_rooms(site: Site, rooms: Sequence[RoomFacts], *, now: datetime) -> None:
    """The rooms of a site from now on; a room that is there already (by key, else by name) stays the same room."""
    standing = {row.key: row for row in Room.objects.at(now).filter(site=site)}
    named = {row.name_zh: key for key, row in standing.items()}
    wanted = []
    for order, room in enumerate(demand_rooms(list(rooms))):
        key = room.key if room.key in standing else named.get(room.name_zh)
        wanted.append({
            "key": key or uuid.uuid4(), "name_zh": room.name_zh, "name_en": room.name_en, "floor": room.floor,
            "capacity": room.capacity, "order": order,
        })  # fmt: skip
    keys = [row["key"] for row in wanted]
    if len(set(keys)) < len(keys):
        words = _("One room is told twice.")
        raise Invalid(words, fields={"rooms": words})
    _replace(Room, site, wanted, now=now)


def set_offers(site: Site, offers: Sequence[OfferFacts], *, now: datetime) -> None:
    """The services a site offers from now on."""
    known = dict(Service.objects.at(now).values_list("code", "pk"))
    held = dict(Offer.objects.at(now).filter(site=site).values_list("service__code", "service_id"))
    told = demand_offers(list(offers), {*known, *held})
    wanted = [
        {"service_id": known.get(row.service) or held[row.service], "note_zh": row.note_zh, "note_en": row.note_en}
        for row in told
    ]
    _replace(Offer, site, wanted, now=now)


def set_duties(site: Site, duties: Sequence[DutyFacts], *, now: datetime) -> None:
    """Who serves at a site from now on."""
    told = demand_duties(list(duties))
    people = {row.person for row in told if row.person}
    if len(people) != Person.objects.filter(pk__in=people).count():
        words = _("There is no such person on the roster.")
        raise Invalid(words, fields={"duties": words})
    wanted = [
        {"person_id": row.person, "post_zh": row.post_zh, "post_en": row.post_en, "hours": row.hours, "order": order}
        for order, row in enumerate(told)
    ]
    _replace(Duty, site, wanted, now=now)


def _replace(model: type[Any], site: Site, wanted: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Let rows that are not wanted any more end now, and those that are new begin."""
    standing = list(model.objects.at(now).filter(site=site))
    fresh = []
    kept: set[Any] = set()
    for row in wanted:
        same = next((one for one in standing if one.pk not in kept and _like(one, row)), None)
        if same is None:
            fresh.append(model(site=site, valid_from=now, **row))
        else:
            kept.add(same.pk)
    end(model, [one for one in standing if one.pk not in kept], now=now)
    model.objects.bulk_create(fresh)


def end(model: type[Any], rows: Iterable[Model], *, now: datetime) -> None:
    """Let rows end; one that began at this very instant never held and goes."""
    ids = [row.pk for row in rows]
    model.objects.filter(pk__in=ids, valid_from__gte=now).delete()
    model.objects.filter(pk__in=ids).update(valid_until=now)


def _like(row: Any, wanted: dict[str, Any]) -> bool:
    """Whether a row says what is wanted."""
    return all(getattr(row, name) == value for name, value in wanted.items())
