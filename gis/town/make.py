"""Store the sample town in an empty database: everything through the apps' own doors, in one transaction."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Conflict, Invalid
from gis.shared.tables import copy_new
from gis.town.city.plan import CityParameters, make_city_plan, read_city_parameters
from gis.town.people import Residents, Roster
from gis.town.plan import Parameters, TownPlan, make_plan, read_parameters
from grids.imports import store_areas
from grids.models import AgeBand, Appointment, Boundary, Organisation, OrganisationKind, Person, Population, Tier
from layers.sites.actions import store_sites
from layers.streets.actions import replace_network
from layers.tickets.actions import import_rows
from layers.tickets.callers import Caller
from layers.tickets.models import Ticket
from layers.tickets.reporters import keep_many

ACTOR = "make_town"
TICKETS_AT_ONCE = 20_000
Progress = Callable[[int, int], None]
GROUND_DAYS = 400
"""The town's areas stand since so many days: longer than its oldest ticket."""


def town_parameters() -> Parameters:
    """The parameters that come with the code."""
    return read_parameters(settings.BASE_DIR / "data" / "town.toml")


def city_parameters() -> CityParameters:
    """The parameters of the prefecture that comes with the code."""
    return read_city_parameters(settings.BASE_DIR / "data" / "city.toml")


def demand_empty() -> None:
    """Raise Conflict when this database holds areas, tickets or another kind of place already."""
    place = Place.objects.first()
    if Boundary.objects.exists() or Ticket.objects.exists() or (place is not None and place.kind != Place.Kind.EMPTY):
        raise Conflict(
            _(
                "This database holds a place already (%(name)s); the sample town needs an empty one."
                " Choose another name: PLACE=another_name."
            )
            % {"name": place.name if place else "?"},
            code="place-filled",
        )


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def make_town(*, now: datetime, parameters: Parameters | None = None, progress: Progress = silent) -> dict[str, int]:
    """Make and store the town, whole or not at all; returns how many rows of each kind. Raises Conflict.

    The catalogues must have been loaded before `now`. `progress` is told how many tickets of how many are stored.
    """
    demand_empty()
    parameters = parameters or town_parameters()
    zone = ZoneInfo(parameters.time_zone)
    today = now.astimezone(zone).date()
    if isinstance(parameters, CityParameters):
        plan = make_city_plan(parameters, today=today)
    else:
        plan = make_plan(parameters, today=today)
    since = datetime.combine(today - timedelta(days=GROUND_DAYS), time(0, 0), zone)
    with transaction.atomic():
        demand_empty()
        if isinstance(parameters, CityParameters):  # every grid of a prefecture has a chief's post
            Tier.objects.filter(grid_level__isnull=False).update(staffed=True)
        store_areas(plan.areas.records, reason=_("Sample town"), now=since, actor=author_of(plan))
        _store_residents(plan.residents, since)
        _store_roster(plan.roster, since)
        replace_network(
            ways=plan.streets.ways,
            gates=plan.streets.gates,
            barriers=plan.streets.barriers,
            features=plan.streets.features,
            now=now,
            actor=ACTOR,
        )
        store_sites(plan.sites, now=now, since=since, actor=ACTOR)
        _store_tickets(plan, now, progress)
        Place.objects.update_or_create(id=1, defaults=_place(plan))
        counts = _counts(plan)
        record(actor=ACTOR, verb="place.sample", subject="sample town", now=now, detail=counts)
    return counts


def author_of(plan: TownPlan) -> str:
    """Who drew the ground, as its history tells: the holder of the uppermost administrator's post."""
    top = plan.areas.records[0].id
    held = [post.person for post in plan.roster.posts if post.area == top and post.role == "administrator"]
    return plan.roster.persons[held[0]][0] if held and held[0] is not None else ACTOR


def _place(plan: TownPlan) -> dict[str, Any]:
    """What the screen says about this place."""
    top = plan.areas.records[0]
    return {
        "name_zh": top.name_zh,
        "name_en": top.name_en,
        "kind": Place.Kind.SAMPLE,
        "provisional": False,
        "attribution_zh": "样例数据，纯属虚构",
        "attribution_en": "Sample data, all invented",
        "time_zone": plan.parameters.time_zone,
    }


def _counts(plan: TownPlan) -> dict[str, int]:
    """How many rows of each kind."""
    tiers = ("street", "community", "compound", "building", "unit")
    return {tier: sum(row.tier == tier for row in plan.areas.records) for tier in tiers} | {
        "residents": sum(row.number for row in plan.residents),
        "households": sum(row.households or 0 for row in plan.residents),
        "ways": len(plan.streets.ways),
        "gates": len(plan.streets.gates),
        "sites": len(plan.sites),
        "appointments": len(plan.roster.posts),
        "tickets": len(plan.tickets),
    }


def _store_residents(residents: list[Residents], since: datetime) -> None:
    """Residents by leaf area and age band; zero is written as zero, because a missing row means unknown."""
    bands = dict(AgeBand.objects.values_list("code", "pk"))
    source = _("Sample data")
    columns = ["area_id", "age_band_id", "residents", "households", "source", "valid_from"]
    rows = ((row.area, bands[row.band], row.number, row.households, source, since) for row in residents)
    copy_new(Population, columns, rows)


def _store_roster(roster: Roster, since: datetime) -> None:
    """Persons, organisations and their posts."""
    kinds = dict(OrganisationKind.objects.values_list("code", "pk"))
    copy_new(Person, ["id", "name_zh", "name_en"], ((key, *name) for key, name in roster.persons.items()))
    Organisation.objects.bulk_create(
        [
            Organisation(id=key, name_zh=zh, name_en=en, kind_id=kinds[kind])
            for key, (kind, (zh, en)) in roster.organisations.items()
        ]
    )
    columns = ["id", "area_id", "role", "person_id", "organisation_id", "post_zh", "post_en", "is_demo", "valid_from"]
    copy_new(
        Appointment,
        columns,
        (
            (post.id, post.area, post.role, post.person, post.organisation, *post.post, post.demo, since)
            for post in roster.posts
        ),
    )


def _store_tickets(plan: TownPlan, now: datetime, progress: Progress) -> None:
    """Tickets and their callers by the tickets' bulk doors; one refused row is one too many: the generator made it."""
    total = len(plan.tickets)

    def told(done: int) -> None:
        """Say how many are stored."""
        progress(done, total)

    outcome = import_rows(plan.tickets.chunks(TICKETS_AT_ONCE), now=now, channel="sample", progress=told)
    if outcome.refused or outcome.stored != total:
        line, reason = outcome.refused[0] if outcome.refused else (0, "")
        message = _("Ticket %(line)d of the sample town was refused: %(reason)s")
        raise Invalid(message % {"line": line, "reason": reason})
    ids = plan.tickets.ids
    keep_many(
        (
            (UUID(bytes=ids[ticket].tobytes()), Caller(name, phone, address))
            for ticket, name, phone, address in plan.tickets.callers
        ),
        now,
    )
