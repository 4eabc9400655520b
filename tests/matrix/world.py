"""A small county with everything in it that must not leak, and one asker for each role on each place.

The target of every question lies in `compound`: askers of the county, its community and the compound itself stand
over it (inside); those of a building in it and of the community beside it do not (outside).
"""

import io
import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import shapely
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone
from PIL import Image

from layers.streets.records import GateRecord, WayKind, WayRecord

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
WEST, SOUTH = 111.77, 36.84
# name: (tier, code, parent, box in thousandths of a degree from WEST, SOUTH)
SQUARES = {
    "county": ("county", "141024", None, (0, 0, 40, 40)),
    "street": ("street", "141024001", "county", (0, 0, 40, 40)),
    "east": ("community", "141024001001", "street", (20, 0, 40, 40)),
    "west": ("community", "141024001002", "street", (0, 0, 20, 40)),
    "compound": ("compound", "141024001001-001", "east", (22, 2, 32, 12)),
    "building": ("building", "141024001001-001-01", "compound", (24, 4, 26, 6)),
}
AT = (WEST + 0.030, SOUTH + 0.010)
"""Inside the compound, in its courtyard."""
GATE = (22, 7)
STREETS: dict[WayKind, list[tuple[float, float]]] = {
    "residential": [(12, 7), GATE],
    "footway": [GATE, (25, 7), (30, 7), (30, 10)],
}
"""From the community beside through the compound's gate to the courtyard: circles and coverage have an answer."""
OVER = ("county", "east", "compound")
BESIDE = ("building", "west")

# What must be found in no answer to who may not read it: each has a sign that no other text has.
TICKET_SIGN = "ZXQVMATTER"
PERSON_SIGN = "ZXQVPERSON"
ACCOUNT_SIGN = "zxqvaccount"
PHOTO = uuid.uuid5(uuid.NAMESPACE_URL, "matrix/photo")
CALLER_NAME = "ZXQVCALLER"
CALLER_PHONE = "13900139047"
CALLER_ADDRESS = "ZXQVADDRESS"
CALLER_SIGNS = (CALLER_NAME.encode(), rb"1\D?3\D?9\D?0\D?0\D?1\D?3\D?9\D?0\D?4\D?7", CALLER_ADDRESS.encode())
"""Of who reported; the number also with signs between its digits."""
RESIDENTS = 78_391
RESIDENTS_SIGN = rb"(?<![\d.])78,?391(?!\d)"


@dataclass(frozen=True)
class Asker:
    """Somebody who tries a door: nobody signed in, or an account with at most one appointment."""

    name: str
    account: Any = None
    role: str | None = None
    place: str | None = None

    @property
    def inside(self) -> bool:
        """Whether the own appointment covers the target."""
        return self.place in OVER

    @property
    def typical(self) -> bool:
        """One of those who try doors that need nothing: without office, high above, and beside."""
        return self.place in (None, "county", "west")

    def client(self) -> Client:
        """A browser signed in as this asker."""
        client = Client(raise_request_exception=False)
        if self.account is not None:
            client.force_login(self.account)
        return client


@dataclass
class World:
    """Ids by name, as the paths and bodies of the doors name them, and the askers."""

    ids: dict[str, Any] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, asker: Asker) -> Client:
        """The asker's own browser, kept."""
        if asker.name not in self.clients:
            self.clients[asker.name] = asker.client()
        return self.clients[asker.name]


def make_world() -> World:
    """Draw, plant and appoint; writes by the apps' own doors where there is one."""
    from django.core.management import call_command

    from grids.imports import store_areas
    from grids.models import Role
    from grids.records import AreaRecord

    call_command("load_catalogues", verbosity=0)
    world = World()
    ids = world.ids = {name: uuid.uuid5(uuid.NAMESPACE_URL, f"matrix/{name}") for name in SQUARES}
    records = [
        AreaRecord(
            id=ids[name], tier=tier, parent=ids[parent] if parent else None, code=code, name_zh=f"{name}区",
            name_en=name.title(), geometry=shapely.box(*(
                round(base + step / 1000, 8) for base, step in zip((WEST, SOUTH, WEST, SOUTH), box, strict=True)
            )),
        )
        for name, (tier, code, parent, box) in SQUARES.items()
    ]  # fmt: skip
    store_areas(records, reason="matrix", now=BEGINNING, actor="test")
    ids |= {"lon": AT[0], "lat": AT[1], "new": uuid.uuid4()}
    _plant(world)
    world.askers = [Asker("visitor"), Asker("nobody", account("nobody"))]
    ended = appoint("ended", Role.CHIEF, ids["compound"], until=timezone.now() - timedelta(days=1))
    world.askers.append(Asker("ended", ended))
    for role in Role.values:
        for place in (*OVER, *BESIDE):
            held = appoint(f"{role}@{place}", role, ids[place])
            world.askers.append(Asker(f"{role}@{place}", held, role, place))
    return world


def account(name: str) -> Any:
    """An account that signs in by force only."""
    from gis.accounts.models import Account

    return Account.objects.create(username=f"{name}-{ACCOUNT_SIGN}", display_name=name, password="!")


def appoint(name: str, role: str, area: uuid.UUID, *, until: datetime | None = None) -> Any:
    """An account whose person holds a role on an area."""
    from grids.models import Appointment, Person

    made = account(name)
    person = Person.objects.create(name_zh=f"{PERSON_SIGN} {name}", name_en=PERSON_SIGN, account=made)
    Appointment.objects.create(area_id=area, role=role, person=person, valid_from=BEGINNING, valid_until=until)
    return made


def _plant(world: World) -> None:
    """What lies in the compound: residents, a ticket of another person's, a site."""
    from gis.catalogue.models import Place
    from grids.models import AgeBand, Appointment, Membership, Organisation, OrganisationKind, Person, Population
    from layers.sites.models import Site, SiteKind
    from layers.streets.actions import replace_network
    from layers.streets.models import Gate
    from layers.tickets import reporters
    from layers.tickets.actions import report_ticket
    from layers.tickets.callers import Caller

    ids = world.ids
    band = AgeBand.objects.order_by("order").first()
    Population.objects.create(
        area_id=ids["compound"], age_band=band, residents=RESIDENTS, source="test", valid_from=BEGINNING
    )
    Place.objects.create(id=1, kind=Place.Kind.SAMPLE, name_zh="矩阵县", name_en="Matrix", time_zone="Asia/Shanghai")
    reporter = appoint("reporter", "worker", ids["compound"])
    ticket, _new = report_ticket(
        ticket_id=uuid.uuid4(), actor=reporter, lon=AT[0], lat=AT[1], category="street_lamp",
        text=f"{TICKET_SIGN} by the gate", now=timezone.now(),
    )  # fmt: skip
    reporters.keep(ticket, Caller(CALLER_NAME, CALLER_PHONE, CALLER_ADDRESS), reporter, timezone.now())
    site = Site.objects.create(
        kind=SiteKind.objects.get(code="station"), area_id=ids["compound"], name_zh="站", name_en="Site",
        geometry=f"SRID=4326;POINT({AT[0]} {AT[1]})", valid_from=BEGINNING,
    )  # fmt: skip
    ids |= {"phone": CALLER_PHONE}
    ways = [
        WayRecord(kind, shapely.LineString([spot(*at) for at in line]), walkable=True) for kind, line in STREETS.items()
    ]
    gate = GateRecord(shapely.Point(spot(*GATE)), ids["compound"], "mapped", open_to="residents")
    replace_network(ways=ways, gates=[gate], now=BEGINNING, actor="test")
    ids |= {"gate": Gate.objects.get().pk}
    ids |= {"ticket": ticket.pk, "site": site.pk, "number": ticket.number, "photo": _plant_photo(ticket, reporter)}
    held = Appointment.objects.get(person__account=reporter)
    body = Organisation.objects.create(name_zh="单位", kind=OrganisationKind.objects.first())
    Appointment.objects.create(area_id=ids["compound"], role="worker", organisation=body, valid_from=BEGINNING)
    member = Membership.objects.create(
        person=Person.objects.create(name_zh=PERSON_SIGN), organisation=body, valid_from=BEGINNING
    )
    ids |= {"appointment": held.pk, "person": held.person_id, "body": body.pk, "member": member.pk}


def spot(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place in thousandths of a degree from WEST, SOUTH."""
    return round(WEST + x / 1000, 8), round(SOUTH + y / 1000, 8)


def _plant_photo(ticket: Any, reporter: Any) -> uuid.UUID:
    """A photo of the ticket, come in by its own door."""
    from gis.files.actions import take_in
    from layers.tickets.photos import OWNER, attach

    now = timezone.now()
    take_in(picture_id=PHOTO, owner=OWNER, data=_noise(), actor=reporter, now=now)
    attach(event=ticket.events.get(seq=1), ids=[PHOTO], actor=reporter, now=now)
    return PHOTO


def _noise() -> bytes:
    """A photo like no other."""
    target = io.BytesIO()
    Image.frombytes("L", (64, 64), random.Random(7).randbytes(4096)).save(target, "PNG")
    return target.getvalue()


@cache
def photo_sign() -> bytes:
    """A piece of the stored photo (its small version is the same: it is small enough): found where its bytes are."""
    from gis.files.pictures import Caps
    from gis.files.pictures.drawing import draw

    return re.escape(draw(_noise(), Caps()).full[-300:-200])


def readers(asker: Asker) -> dict[bytes, bool]:
    """Which planted signs (patterns) an asker may find: by the table of permissions and where the asker stands."""
    from grids.permissions import VERBS_OF_ROLE

    verbs = VERBS_OF_ROLE[asker.role] if asker.role else frozenset()
    return {
        TICKET_SIGN.encode(): asker.inside and "ticket.read" in verbs,
        str(PHOTO).encode(): asker.inside and "ticket.read" in verbs,
        photo_sign(): asker.inside and "ticket.read" in verbs,
        PERSON_SIGN.encode(): "roster.read" in verbs,
        RESIDENTS_SIGN: asker.inside and "population.read" in verbs,
    }


VISITOR = AnonymousUser()
