"""What may be said of a site: the fields of the page and of files, and what is wrong with them. Asks no database."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from layers.sites.models.contents import MOST_PEOPLE
from layers.sites.models.site import Operator, StepFree
from layers.sites.wording import demand_hours

LONGEST = {
    "name_zh": 120, "name_en": 120, "address_zh": 200, "address_en": 200, "operator_zh": 120, "operator_en": 120,
    "phone": 40,
}  # fmt: skip
WORDS = (*LONGEST, "operator_kind", "step_free")
"""Facts that are words."""
PHONE = re.compile(r"[0-9+()\-/,;、，；转 ext.]{3,40}")
MOST_ROOMS, MOST_DUTIES = 200, 200


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as a person says it; `key` where it is one that is there already."""

    name_zh: str
    name_en: str = ""
    floor: str = ""
    capacity: int | None = None
    key: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """A service of the catalogue by code, with what is special here."""

    service: str
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """A post, who holds it and when."""

    post_zh: str
    post_en: str = ""
    person: uuid.UUID | None = None
    hours: dict[str, Any] | None = None


def tidy(facts: dict[str, Any]) -> dict[str, Any]:
    """Words without blanks round them; raises Invalid naming every field that is wrong."""
    found = {name: " ".join(str(value).split()) if name in WORDS else value for name, value in facts.items()}
    wrong: dict[str, Any] = {}
    if "name_zh" in found and not found["name_zh"]:
        wrong["name_zh"] = _("A site has a name.")
    for name, most in LONGEST.items():
        text = found.get(name, "")
        if len(text) > most or not text.isprintable():
            wrong[name] = _("One line of at most %(most)d characters, please.") % {"most": most}
    if found.get("phone") and "phone" not in wrong and not PHONE.fullmatch(found["phone"]):
        wrong["phone"] = _("“%(text)s” is no telephone number.") % {"text": found["phone"]}
    for name, words in (("operator_kind", Operator), ("step_free", StepFree)):
        if found.get(name, "") not in words.values:
            known = ", ".join(value for value in words.values if value)
            wrong[name] = _("There is no such choice; there are: %(known)s.") % {"known": known}
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    if "hours" in found:
        demand_hours(found["hours"], found.get("name_zh") or _("Opening hours"))
    return found


def demand_rooms(rooms: list[RoomFacts]) -> list[RoomFacts]:
    """Rooms with tidy names; raises Invalid for a nameless one, two of one name, or a capacity that cannot be."""
    tidied = []
    seen: set[str] = set()
    if len(rooms) > MOST_ROOMS:
        raise _wrong("rooms", _("At most %(most)d, please.") % {"most": MOST_ROOMS})
    for number, room in enumerate(rooms, start=1):
        name, english, floor = (" ".join(words.split()) for words in (room.name_zh, room.name_en, room.floor))
        printable = (name + english + floor).isprintable()
        if not name or len(name) > 120 or len(english) > 120 or len(floor) > 20 or not printable:
            raise _wrong("rooms", _("Room %(number)d: a name of one line, please.") % {"number": number})
        if name in seen:
            raise _wrong("rooms", _("Two rooms are called “%(name)s”.") % {"name": name})
        if room.capacity is not None and not 1 <= room.capacity <= MOST_PEOPLE:
            words = _("%(name)s: a room holds 1 to %(most)d people.") % {"name": name, "most": MOST_PEOPLE}
            raise _wrong("rooms", words)
        seen.add(name)
        tidied.append(RoomFacts(name, english, floor, room.capacity, room.key))
    return tidied


def demand_duties(duties: list[DutyFacts]) -> list[DutyFacts]:
    """Posts with tidy names and hours that can be; raises Invalid."""
    tidied = []
    if len(duties) > MOST_DUTIES:
        raise _wrong("duties", _("At most %(most)d, please.") % {"most": MOST_DUTIES})
    for number, duty in enumerate(duties, start=1):
        post, english = (" ".join(words.split()) for words in (duty.post_zh, duty.post_en))
        if not post or len(post) > 80 or len(english) > 80 or not (post + english).isprintable():
            raise _wrong("duties", _("Person %(number)d: as what do they serve?") % {"number": number})
        demand_hours(duty.hours or {}, post, field="duties")
        tidied.append(DutyFacts(post, english, duty.person, duty.hours or {}))
    return tidied


def demand_offers(offers: list[OfferFacts], known: set[str]) -> list[OfferFacts]:
    """Services of the catalogue, each once, with tidy notes; raises Invalid."""
    seen: set[str] = set()
    tidied = []
    for offer in offers:
        if offer.service not in known:
            raise _wrong(
                "services", _("There is no service “%(code)s” in the catalogue.") % {"code": offer.service[:60]}
            )
        if offer.service in seen:
            raise _wrong("services", _("The service “%(code)s” is told twice.") % {"code": offer.service})
        notes = [" ".join(words.split()) for words in (offer.note_zh, offer.note_en)]
        if max(map(len, notes)) > 200 or not "".join(notes).isprintable():
            raise _wrong("services", _("One line of at most %(most)d characters, please.") % {"most": 200})
        seen.add(offer.service)
        tidied.append(OfferFacts(offer.service, *notes))
    return tidied


def _wrong(field: str, words: str) -> Invalid:
    """What is wrong, beside its field."""
    return Invalid(words, fields={field: words})
