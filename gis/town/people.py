"""Who lives in the sample town, and who stands on its roster. Plain logic; every person is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from gis.town.ground import Areas, stable_id
from gis.town.names import COMPANIES, DEPARTMENTS, PROPERTY_MANAGERS, Name, Namer

BANDS = ("0-2", "3-6", "7-17", "18-59", "60-79", "80+")
SHARES: dict[str, tuple[float, ...]] = {
    "old": (0.018, 0.030, 0.090, 0.492, 0.290, 0.080),
    "slab": (0.028, 0.046, 0.126, 0.580, 0.182, 0.038),
    "garden": (0.036, 0.058, 0.140, 0.598, 0.142, 0.026),
    "tower": (0.046, 0.072, 0.138, 0.624, 0.106, 0.014),
    "village": (0.016, 0.028, 0.084, 0.458, 0.322, 0.092),
}
HOUSEHOLDS_A_FLOOR = {"old": 2.0, "slab": 2.0, "garden": 2.0, "tower": 3.0, "village": 1.0}
CROWDING = {"old": 1.7, "slab": 2.2, "garden": 2.0, "tower": 0.85, "village": 1.4}
"""Persons a household; empty flats are counted in, so towers look emptier than they are."""
HOUSEHOLD_SIZE = {"old": 2.1, "slab": 2.5, "garden": 2.7, "tower": 2.6, "village": 2.4}
"""Persons in a household that lives there."""
VACANT_CHIEFS = 7
"""Compounds whose chief's post nobody holds: statistics and dispatch must live with that."""


@dataclass(frozen=True, slots=True)
class Residents:
    """Residents of one age band in one leaf area; the first band of an area says its households, too."""

    area: UUID
    band: str
    number: int
    households: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One appointment: who (a person or an organisation by id), as what, where; `post` is its name."""

    id: UUID
    area: UUID
    role: str
    person: UUID | None
    organisation: UUID | None
    post: Name
    demo: bool = False


@dataclass(slots=True)
class Roster:
    """Everybody on the roster."""

    persons: dict[UUID, Name] = field(default_factory=dict)
    organisations: dict[UUID, tuple[str, Name]] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    vacant: list[UUID] = field(default_factory=list)
    """Compounds without a chief."""


def residents_of(areas: Areas, *, total: int, seed: int) -> list[Residents]:
    """Residents by age band of every home; about `total` in all, a row for every band even where nobody is in it."""
    rng, sizes = np.random.default_rng([seed, 4]), np.random.default_rng([seed, 41])
    expected = np.array(
        [max(1, home.floors) * HOUSEHOLDS_A_FLOOR[home.style] * CROWDING[home.style] for home in areas.homes]
    )
    expected *= rng.uniform(0.75, 1.25, len(expected))
    expected *= total / expected.sum()
    rows: list[Residents] = []
    for home, people in zip(areas.homes, expected, strict=True):
        shares = np.array(SHARES[home.style])
        numbers = rng.poisson(people * shares / shares.sum())
        households = households_of(int(numbers.sum()), HOUSEHOLD_SIZE[home.style], float(sizes.uniform(0.85, 1.15)))
        rows += [
            Residents(home.area, band, int(n), None if number else households)
            for number, (band, n) in enumerate(zip(BANDS, numbers, strict=True))
        ]
    return rows


def households_of(people: int, size: float, chance: float) -> int:
    """In how many households so many people live, of about `size` persons each: never none, never more than persons."""
    return min(people, max(1, round(people / (size * chance)))) if people else 0


def make_roster(areas: Areas, *, seed: int) -> Roster:
    """Posts of the county, its streets, communities and compounds; some held by organisations, a few by nobody."""
    rng = np.random.default_rng([seed, 5])
    namer = Namer(seed + 1)
    roster = Roster()
    county = areas.of_tier("county")[0].id
    for role, zh, en in (
        ("leader", "分管副县长", "Deputy county head"),
        ("administrator", "系统管理员", "System administrator"),
        ("front_desk", "县网格中心受理台", "County front desk"),
        ("planner", "规划员", "Planner"),
        ("analyst", "数据分析员", "Analyst"),
        ("auditor", "审计员", "Auditor"),
    ):
        _person(roster, namer, county, role, (zh, en), demo=True)
    desk = DEPARTMENTS[0]
    _person(roster, namer, county, "department", (f"{desk[0]}经办人", f"Officer of the {desk[1]}"), demo=True)
    for kind, names in (("department", DEPARTMENTS), ("company", COMPANIES)):
        for name in names:
            _organisation(roster, county, kind, "department", name)
    for street in areas.of_tier("street"):
        _person(roster, namer, street.id, "chief", (f"{street.name_zh}总网格长", f"Chief of {street.name_en}"))
        _person(roster, namer, street.id, "front_desk", (f"{street.name_zh}受理台", f"Front desk of {street.name_en}"))
    for number, community in enumerate(areas.of_tier("community")):
        zh, en, shown = community.name_zh, community.name_en, number == 0
        _person(roster, namer, community.id, "chief", (f"{zh}网格长", f"Chief of {en}"), demo=shown)
        _person(roster, namer, community.id, "front_desk", (f"{zh}受理台", f"Front desk of {en}"), demo=shown)
        _person(roster, namer, community.id, "site_manager", (f"{zh}中心主任", f"Site manager of {en}"), demo=shown)
        for post in range(1, int(rng.integers(2, 4)) + 1):
            name = (f"{zh} {post} 号岗", f"{en}, post {post}")
            _person(roster, namer, community.id, "worker", name, demo=shown and post == 1)
    _compound_posts(roster, namer, areas, rng)
    return roster


def demo_compounds(areas: Areas) -> tuple[UUID, UUID]:
    """The two neighbouring communities' compounds whose chiefs sign in for demonstration: walled, with many units."""
    found: list[UUID] = []
    for community in areas.of_tier("community")[2:4]:
        inside = [row for row in areas.of_tier("compound") if row.parent == community.id and row.walled == "yes"]
        sizes = {row.id: sum(other.parent == row.id for other in areas.of_tier("building")) for row in inside}
        found.append(max(inside, key=lambda row: (sizes[row.id], row.code)).id)
    return found[0], found[1]


def _compound_posts(roster: Roster, namer: Namer, areas: Areas, rng: np.random.Generator) -> None:
    """A chief and a worker or two for every compound, property managers for some; some posts stay vacant."""
    compounds = areas.of_tier("compound")
    shown = demo_compounds(areas)
    free = [row.id for row in compounds if row.id not in shown]
    roster.vacant = [free[int(i)] for i in rng.permutation(len(free))[:VACANT_CHIEFS]]
    managers = [_body(roster, "property_manager", name) for name in PROPERTY_MANAGERS]
    for row in compounds:
        if row.id not in roster.vacant:
            post = (f"{row.name_zh}网格长", f"Chief of {row.name_en}")
            _person(roster, namer, row.id, "chief", post, demo=row.id in shown)
        if rng.random() < 0.8 or row.id in shown:
            post = (f"{row.name_zh}网格员", f"Grid worker of {row.name_en}")
            _person(roster, namer, row.id, "worker", post, demo=row.id == shown[0])
        if row.walled == "yes" and rng.random() < 0.6:
            manager = managers[int(rng.integers(len(managers)))]
            post = (f"{row.name_zh}物业", f"Property manager of {row.name_en}")
            key = stable_id("post", row.code, "property", manager)
            roster.posts.append(Post(key, row.id, "department", None, manager, post))


def _person(roster: Roster, namer: Namer, area: UUID, role: str, post: Name, *, demo: bool = False) -> None:
    """A new person in a post."""
    name = namer.person()
    key = stable_id("person", name[0])
    roster.persons[key] = name
    roster.posts.append(Post(stable_id("post", area, role, name[0]), area, role, key, None, post, demo))


def _body(roster: Roster, kind: str, name: Name) -> UUID:
    """An organisation."""
    key = stable_id("organisation", name[0])
    roster.organisations[key] = (kind, name)
    return key


def _organisation(roster: Roster, area: UUID, kind: str, role: str, name: Name) -> None:
    """An organisation in a post."""
    key = _body(roster, kind, name)
    roster.posts.append(Post(stable_id("post", area, role, name[0]), area, role, None, key, name))
