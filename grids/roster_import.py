"""Many appointments at once, by the rules of the single door: all rows, or none with every fault by its row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Invalid
from gis.shared.tables import renew_statistics
from grids.fields import tidy_name, wrong_fields
from grids.matters import matters
from grids.models import Appointment, Boundary, Membership, Organisation, Person, Role
from grids.models.area import subtree_ids
from grids.permissions import APPOINTS
from grids.roster import FIRST_YEAR, LAST_YEAR, LONGEST_POST
from grids.roster_files import ROLE_WORDS, Row

MOST_TOLD = 200
BATCH = 5000
Holding = tuple[UUID, str, UUID]


@dataclass(slots=True)
class Outcome:
    """What a file holds: rows to store, rows that are on the roster already, vacancies, faults by line."""

    rows: int = 0
    fresh: int = 0
    already: int = 0
    vacant: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """For the page; so many faults are listed and the rest counted."""
        return {
            "rows": self.rows,
            "fresh": self.fresh,
            "already": self.already,
            "vacant": self.vacant,
            "faults": [{"row": line, "message": words} for line, words in self.faults[:MOST_TOLD]],
            "more": max(0, len(self.faults) - MOST_TOLD),
        }


class RosterImport:
    """One file for one asker at one moment. `key` names what it makes, so that a second run makes nothing twice."""

    def __init__(self, key: UUID, *, actor: Any, now: datetime) -> None:
        """Read what every row is judged by."""
        self.key, self.actor, self.now = key, actor, now
        self.outcome = Outcome()
        self.people: dict[UUID, Person] = {}
        self.made: list[Appointment] = []
        self.areas = self._areas()
        self.fillable = self._fillable()
        self.bodies = self._bodies()
        self.codes = frozenset(matters(now))
        self.ids = set(Appointment.objects.values_list("pk", flat=True))
        self.named: dict[tuple[UUID, str], dict[str, UUID]] = {}
        self.chiefs: dict[UUID, str] = {}
        self.holding: set[Holding] = set()
        self.held_until: dict[Holding, datetime] = {}
        self._look_up_posts()
        self.names: dict[UUID, str] = dict(Person.objects.values_list("pk", "name_zh"))
        self.own = set(Person.objects.filter(account=getattr(actor, "pk", None)).values_list("pk", flat=True))
        self.own |= set(
            Membership.objects.at(now).filter(person__in=self.own).values_list("organisation_id", flat=True)
        )

    def _look_up_posts(self) -> None:
        """Who holds what or will; for posts that have ended, until when."""
        columns = ("area_id", "role", "person_id", "organisation_id", "person__name_zh", "valid_from", "valid_until")
        for area, role, person, body, name, begun, ended in Appointment.objects.values_list(*columns):
            post: Holding = (area, role, person or body)
            if ended is not None and ended <= self.now:
                self.held_until[post] = max(ended, self.held_until.get(post, ended))
                continue
            self.holding.add(post)
            if name:
                self.named.setdefault((area, role), {})[name] = person
                if role == Role.CHIEF and begun <= self.now:
                    self.chiefs.setdefault(area, name)

    def take(self, row: Row) -> None:
        """Judge one row and keep what it makes; a fault is written down."""
        self.outcome.rows += 1
        if row.vacant:
            self.outcome.vacant += 1
            return
        try:
            self._take(row)
        except Invalid as fault:
            self.outcome.faults.append((row.line, str(fault.detail)))

    def _take(self, row: Row) -> None:
        if row.id and _uuid(row.id) in self.ids:
            self.outcome.already += 1
            return
        role = ROLE_WORDS.get(row.role) or (Role(row.role) if row.role in Role.values else None)
        if role is None:
            known = "、".join(ROLE_WORDS)
            raise Invalid(_("There is no role “%(role)s”; there are: %(known)s.") % {"role": row.role, "known": known})
        area = self._area(row.code)
        self._demand_fillable(role, area)
        since = self._since(row.since)
        words = self._words(row)
        strange = [code for code in row.categories if code not in self.codes]
        if strange:
            raise Invalid(_("There is no category %(code)s in the catalogue.") % {"code": repr(strange[0])})
        person, body = self._holder(row, area, role)
        holder = person or body
        assert holder is not None
        if holder in self.own:
            raise Invalid(_("Nobody appoints themselves: ask the administrator above."))
        if (area, role, holder) in self.holding:
            self.outcome.already += 1
            return
        if role == Role.CHIEF and (there := self.chiefs.get(area)):
            raise Invalid(_("%(name)s holds this post: hand it over, or end it first.") % {"name": there})
        if since < self.held_until.get((area, role, holder), since):
            raise Invalid(_("They hold this post in that time already."))
        self.holding.add((area, role, holder))
        if role == Role.CHIEF:
            self.chiefs[area] = row.name_zh or row.body
            self.named.setdefault((area, role), {})[row.name_zh or row.body] = holder
        if person and person not in self.names:
            self.names[person] = row.name_zh
            self.people[person] = Person(id=person, name_zh=row.name_zh, name_en=row.name_en)
        self.made.append(
            Appointment(
                id=uuid5(self.key, f"row {row.line}"),
                area_id=area,
                role=role,
                person_id=person,
                organisation_id=body,
                categories=sorted(set(row.categories)),
                valid_from=since,
                **words,
            )
        )
        self.outcome.fresh += 1

    def store(self) -> None:
        """Put everything on the roster in one transaction; raises Invalid when there is a fault."""
        if self.outcome.faults:
            raise Invalid(
                _("Nothing was stored: %(count)d rows must be corrected first.") % {"count": len(self.outcome.faults)},
                code="bad-rows",
                **self.outcome.told(),
            )
        with transaction.atomic():
            Person.objects.bulk_create(self.people.values(), batch_size=BATCH, ignore_conflicts=True)
            Appointment.objects.bulk_create(self.made, batch_size=BATCH)
            renew_statistics(Person, Appointment)
            record(
                actor=self.actor, verb="roster.import", subject=self.key, now=self.now,
                detail={"fresh": self.outcome.fresh, "already": self.outcome.already},
            )  # fmt: skip

    def _areas(self) -> dict[str, UUID | None]:
        """The asker's areas by code; None where a code stands for several (of different tiers)."""
        found: dict[str, UUID | None] = {}
        tops = list(self._tops().values())
        ids = subtree_ids([area for areas in tops for area in areas], self.now)
        for code, area in Boundary.objects.at(self.now).filter(area_id__in=ids).values_list("code", "area_id"):
            found[code] = None if code in found else area
        return found

    def _tops(self) -> dict[str, list[UUID]]:
        """The areas of the asker's posts that fill others, by role."""
        held = Appointment.objects.held_by(self.actor, self.now).filter(role__in=APPOINTS)
        tops: dict[str, list[UUID]] = {}
        for role, area in held.values_list("role", "area_id"):
            tops.setdefault(role, []).append(area)
        return tops

    def _fillable(self) -> list[tuple[frozenset[str], str, frozenset[UUID], frozenset[UUID]]]:
        """What each of the asker's offices fills: roles, its own role, where, and the tops themselves."""
        found = []
        for own, tops in self._tops().items():
            ids = Boundary.objects.at(self.now).filter(area_id__in=subtree_ids(tops, self.now))
            below = frozenset(ids.values_list("area_id", flat=True))
            found.append((APPOINTS[own], own, below, frozenset(tops)))
        return found

    def _bodies(self) -> dict[str, UUID | None]:
        """Organisations by name; None where a name stands for several."""
        found: dict[str, UUID | None] = {}
        for name, body in Organisation.objects.values_list("name_zh", "pk"):
            found[name] = None if name in found else body
        return found

    def _area(self, code: str) -> UUID:
        if code not in self.areas:
            raise Invalid(_("No area of yours has the code “%(code)s”.") % {"code": code})
        area = self.areas[code]
        if area is None:
            raise Invalid(_("The code “%(code)s” stands for several areas.") % {"code": code})
        return area

    def _demand_fillable(self, role: Role, area: UUID) -> None:
        for roles, own, below, tops in self.fillable:
            if role in roles and area in below and (role != own or area not in tops):
                return
        raise Invalid(_("“%(role)s” on this area is not for you to fill.") % {"role": role.label})

    def _since(self, text: str) -> datetime:
        """The day's beginning; now where none is given."""
        if not text:
            return self.now
        try:
            day = datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            raise Invalid(_("“%(text)s” is no day like 2026-03-05.") % {"text": text[:40]}) from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Invalid(_("A date between 1950 and 2100, please."))
        return timezone.make_aware(day) if timezone.is_naive(day) else day

    def _words(self, row: Row) -> dict[str, str]:
        """The names of the post; those of the person are judged with them."""
        names = {"name_zh": tidy_name(row.name_zh or row.body), "name_en": tidy_name(row.name_en)}
        wrong = wrong_fields(code="x", walled="unknown", **names)
        if wrong:
            raise Invalid(next(iter(wrong.values())))
        posts = {"post_zh": tidy_name(row.post_zh), "post_en": tidy_name(row.post_en)}
        for text in posts.values():
            if len(text) > LONGEST_POST or not text.isprintable():
                most = {"most": LONGEST_POST}
                raise Invalid(_("A post's name is one line of at most %(most)d characters.") % most)
        return posts

    def _holder(self, row: Row, area: UUID, role: Role) -> tuple[UUID | None, UUID | None]:
        """The person's or the organisation's id; a new person's is made from the staff number, or from the row."""
        if not row.name_zh:
            if row.body not in self.bodies:
                raise Invalid(_("There is no organisation “%(name)s”; add it on the page first.") % {"name": row.body})
            body = self.bodies[row.body]
            if body is None:
                raise Invalid(_("Several organisations are called “%(name)s”.") % {"name": row.body})
            return None, body
        there = self.named.get((area, str(role)), {}).get(row.name_zh)
        if there is not None:
            return there, None
        if row.staff:
            person = uuid5(NAMESPACE_URL, f"roster/staff/{row.staff}")
            if self.names.get(person, row.name_zh) != row.name_zh:
                told = _("The staff number “%(staff)s” belongs to somebody of another name.")
                raise Invalid(told % {"staff": row.staff[:40]})
            return person, None
        return uuid5(self.key, f"person {row.line}"), None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("The appointment's number is not one of ours; leave it empty for a new row.")) from None


def taken(rows: Iterable[Row], key: UUID, *, actor: Any, now: datetime) -> RosterImport:
    """All rows judged."""
    found = RosterImport(key, actor=actor, now=now)
    for row in rows:
        found.take(row)
    return found
