"""What stands in the sample town's sites: rooms, services, people on duty, operators, telephones, holidays. Plain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from uuid import UUID

import numpy as np

from gis.town.people import Roster
from layers.sites.records import DutyRecord, RoomRecord, SiteRecord

Rooms = tuple[tuple[str, str, str, int], ...]
COUNTY_ROOMS: Rooms = (
    ("综合服务大厅", "Service hall", "一层", 120), ("政策咨询室", "Policy advice", "一层", 12),
    ("法律援助室", "Legal aid", "一层", 10), ("调解室", "Mediation room", "一层", 16),
    ("健康小屋", "Health room", "一层", 15), ("心理咨询室", "Counselling room", "二层", 6),
    ("党员教育室", "Party education room", "二层", 60), ("会议室", "Meeting room", "二层", 40),
    ("多功能厅", "Multi-purpose hall", "二层", 200), ("图书室", "Library", "二层", 50),
    ("书画室", "Calligraphy room", "三层", 24), ("舞蹈室", "Dance room", "三层", 40),
    ("儿童活动室", "Children's room", "三层", 30), ("志愿者之家", "Volunteers' home", "三层", 30),
    ("网格指挥室", "Grid control room", "三层", 20), ("社会组织孵化室", "Room for new associations", "三层", 24),
)  # fmt: skip
COMMUNITY_ROOMS: Rooms = (
    ("便民服务厅", "Service hall", "一层", 30), ("调解室", "Mediation room", "一层", 10),
    ("日间照料室", "Day care room", "一层", 20), ("多功能活动室", "Activity room", "二层", 60),
    ("图书阅览室", "Reading room", "二层", 24), ("四点半课堂", "After-school room", "二层", 30),
)  # fmt: skip
STATION_ROOMS: Rooms = (("服务台", "Service desk", "一层", 6), ("邻里议事厅", "Neighbours' room", "一层", 20))
SERVICES = (
    "residence_proof", "household_help", "residence_permit", "social_insurance", "medical_insurance",
    "pension_check", "senior_card", "old_age_allowance", "low_income", "disability", "veterans",
    "birth_registration", "child_vaccine", "health_check", "family_doctor", "elder_meals", "elder_day_care",
    "child_care_after_school", "reading_room", "fitness_room", "meeting_room", "mediation", "legal_advice",
    "psychology", "jobs", "business_help", "utility_payment", "parcel_pickup", "shared_tools", "rest_stop",
    "lost_property", "party_affairs",
)  # fmt: skip
"""The codes of data/catalogues/services.csv (a test compares them)."""
ALL_BUT = frozenset({"parcel_pickup", "elder_day_care", "child_care_after_school"})
COMMUNITY_SERVICES = (
    "residence_proof", "household_help", "social_insurance", "medical_insurance", "pension_check", "senior_card",
    "old_age_allowance", "low_income", "disability", "veterans", "family_doctor", "elder_meals", "elder_day_care",
    "child_care_after_school", "reading_room", "meeting_room", "mediation", "legal_advice", "jobs", "utility_payment",
    "party_affairs",
)  # fmt: skip
STATION_SERVICES = ("parcel_pickup", "shared_tools", "rest_stop", "utility_payment", "lost_property")
STATION_EXTRAS = ("health_check", "elder_meals", "reading_room", "fitness_room", "mediation", "meeting_room")
OPERATORS = (
    ("company", "安居物业服务有限公司", "Anju Property Services"),
    ("association", "邻里互助社会工作服务中心", "Neighbours' Aid Social Work Centre"),
    ("public", "", ""),
)
COUNTY_OFFICE = ("县党群服务中心管理办公室", "Office of the County Service Centre")
COMMITTEE = ("社区居民委员会", "Residents' committee")
MORNING = {day: [["08:30", "12:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
AFTERNOON = {day: [["14:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = ("10-01/{year}-10-03", "01-01", "05-01")
"""Days of a year, after its number, on which the offices are closed."""


def furnish(
    sites: list[SiteRecord], roster: Roster, services: tuple[str, ...], *, year: int, seed: int
) -> list[SiteRecord]:
    """The same sites with all that stands in them; holidays of `year` and the next; `services` by their codes."""
    rng = np.random.default_rng([seed, 9])
    serving = _serving(roster)
    return [_furnished(site, number, serving, services, year, rng) for number, site in enumerate(sites)]


def _serving(roster: Roster) -> dict[UUID, list[tuple[str, UUID]]]:
    """(role, person) of those who hold a post on an area."""
    found: dict[UUID, list[tuple[str, UUID]]] = defaultdict(list)
    for post in roster.posts:
        if post.person is not None:
            found[post.area].append((post.role, post.person))
    return found


def _furnished(
    site: SiteRecord,
    number: int,
    serving: dict[UUID, list[tuple[str, UUID]]],
    services: tuple[str, ...],
    year: int,
    rng: np.random.Generator,
) -> SiteRecord:
    """One site by its kind."""
    held = serving.get(site.area, [])
    rooms: Rooms
    offered: tuple[str, ...]
    if site.kind == "county_centre":
        rooms, offered = COUNTY_ROOMS, tuple(code for code in services if code not in ALL_BUT)
        duties = [_duty("front_desk", held, "总服务台", "Main desk", {})]
        duties += [_duty("leader", held, "值班领导", "Duty leader", {"mon": [["09:00", "11:00"]]})]
        duties += [_duty("", [], "法律顾问", "Legal adviser", {"wed": [["14:30", "17:30"]]})]
    elif site.kind == "community_centre":
        rooms, offered = COMMUNITY_ROOMS, COMMUNITY_SERVICES
        duties = [_duty("site_manager", held, "中心主任", "Centre manager", {})]
        duties += [_duty("front_desk", held, "受理窗口", "Front desk", MORNING)]
        duties += [_duty("worker", held, "全科社工", "Community worker", AFTERNOON)]
    else:
        rooms = STATION_ROOMS[: 1 + number % 2]
        extra = rng.permutation(len(STATION_EXTRAS))[: 1 + number % 3]
        offered = (*STATION_SERVICES[: 3 + number % 3], *(STATION_EXTRAS[int(i)] for i in sorted(extra)))
        duties = [_duty("worker", held, "驿站值守", "Station keeper", {})]
        if number % 4 == 0:
            duties.append(_duty("", [], "志愿者", "Volunteer", {"sat": [["09:00", "12:00"]]}))
    kind, operator_zh, operator_en = ("public", "", "") if site.kind != "station" else OPERATORS[number % 3]
    public = (
        ("县党群服务中心管理办公室", "Office of the County Service Centre") if site.kind == "county_centre" else None
    )
    if kind == "public":
        operator_zh, operator_en = public or ("社区居民委员会", "Residents' committee")
    hours = site.hours
    if site.kind != "station":
        closed: dict[str, list[list[str]]] = {
            f"{one}-{day.format(year=one)}": [] for one in (year, year + 1) for day in HOLIDAYS
        }
        hours = site.hours | {"exceptions": closed}
    return replace(
        site,
        hours=hours,
        rooms=tuple(RoomRecord(zh, en, floor, capacity) for zh, en, floor, capacity in rooms),
        services=offered,
        duties=tuple(duties),
        operator_kind=kind,
        operator_zh=operator_zh,
        operator_en=operator_en,
        phone=f"0350-800{number:04d}",
        step_free="no" if site.kind == "station" and number % 5 == 0 else "yes",
    )


def _duty(role: str, held: list[tuple[str, UUID]], zh: str, en: str, hours: dict[str, list[list[str]]]) -> DutyRecord:
    """A post, held by the first who has the role there."""
    person = next((who for one, who in held if one == role), None)
    return DutyRecord(zh, en, person, dict(hours))
