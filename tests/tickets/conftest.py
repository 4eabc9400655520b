"""A small ground with people on it: one county, two communities, one compound with a building."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import shapely
from django.contrib.auth import get_user_model
from django.db import connection

NOW = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
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
IN_BUILDING = (WEST + 0.025, SOUTH + 0.005)
IN_COMPOUND = (WEST + 0.030, SOUTH + 0.010)
IN_EAST = (WEST + 0.036, SOUTH + 0.030)
IN_WEST = (WEST + 0.010, SOUTH + 0.010)
OUTSIDE = (WEST + 0.050, SOUTH + 0.010)

POSTS = {
    "desk": ("front_desk", "county"),
    "east_desk": ("front_desk", "east"),
    "chief": ("chief", "compound"),
    "worker": ("worker", "east"),
    "west_worker": ("worker", "west"),
    "west_chief": ("chief", "west"),
    "leader": ("leader", "county"),
    "planner": ("planner", "county"),
    "analyst": ("analyst", "county"),
    "department": ("department", "county"),
    "site_manager": ("site_manager", "county"),
    "auditor": ("auditor", "county"),
    "administrator": ("administrator", "county"),
}


@dataclass
class Ground:
    """Areas by name and accounts by post."""

    areas: dict[str, uuid.UUID] = field(default_factory=dict)
    people: dict[str, object] = field(default_factory=dict)


def make_ground() -> Ground:
    """Draw the squares and fill the posts, all from BEGINNING on."""
    from django.core.management import call_command

    from grids.imports import store_areas
    from grids.models import Appointment, Person
    from grids.records import AreaRecord

    call_command("load_catalogues", verbosity=0)
    ground = Ground(areas={name: uuid.uuid5(uuid.NAMESPACE_URL, name) for name in SQUARES})
    records = [
        AreaRecord(
            id=ground.areas[name],
            tier=tier,
            parent=ground.areas[parent] if parent else None,
            code=code,
            name_zh=f"{name} 区",
            name_en=name.title(),
            geometry=shapely.box(
                *(round(base + step / 1000, 8) for base, step in zip((WEST, SOUTH, WEST, SOUTH), box, strict=True))
            ),
        )
        for name, (tier, code, parent, box) in SQUARES.items()
    ]
    store_areas(records, reason="test ground", now=BEGINNING, actor="test")
    accounts = get_user_model()
    made = accounts.objects.bulk_create(
        accounts(username=post, display_name=f"{post} person", password="!") for post in POSTS
    )
    persons = Person.objects.bulk_create(
        Person(name_zh=f"{post} 人", name_en=f"{post} person", account=account)
        for post, account in zip(POSTS, made, strict=True)
    )
    Appointment.objects.bulk_create(
        Appointment(
            area_id=ground.areas[area], role=role, person=person, post_zh=f"{post} 岗", post_en=f"{post} post",
            valid_from=BEGINNING,
        )
        for (post, (role, area)), person in zip(POSTS.items(), persons, strict=True)
    )  # fmt: skip
    ground.people |= dict(zip(POSTS, made, strict=True))
    return ground


@pytest.fixture
def ground(db) -> Ground:
    """The small ground inside this test's transaction."""
    return make_ground()


@pytest.fixture
def racing_ground(transactional_db) -> Ground:
    """The small ground committed, so that several connections see it."""
    return make_ground()


@contextmanager
def past_guards() -> Iterator[None]:
    """Plain SQL on tickets that their guards would refuse, for what no step makes; spots and tallies still follow."""
    guards = ("tickets_guard_facts", "tickets_guard_move", "tickets_ticket_agrees")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for guard in guards:
            cursor.execute(f"ALTER TABLE tickets_ticket DISABLE TRIGGER {guard}")
        yield
        for guard in guards:
            cursor.execute(f"ALTER TABLE tickets_ticket ENABLE TRIGGER {guard}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
