"""Demonstration posts for a place without a roster: one holder a role, named as what they are, never as somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from gis.audit.actions import record
from grids.models import Appointment, Person, Role
from grids.records import AreaRecord

NAMESPACE = UUID("3b2d8a52-70c5-53a5-9c0b-1f4f5f5b6d10")


@dataclass(frozen=True, slots=True)
class Post:
    """One post to fill: the role, on which area, and what it is called there."""

    role: Role
    area: UUID
    area_zh: str
    area_en: str


TITLES: dict[Role, tuple[str, str]] = {
    Role.CHIEF: ("网格长", "grid chief"),
    Role.WORKER: ("网格员", "grid worker"),
    Role.FRONT_DESK: ("受理员", "front desk"),
    Role.DEPARTMENT: ("部门经办人", "department officer"),
    Role.PLANNER: ("规划员", "planner"),
    Role.SITE_MANAGER: ("服务点管理员", "site manager"),
    Role.ANALYST: ("分析员", "analyst"),
    Role.LEADER: ("领导", "leader"),
    Role.AUDITOR: ("审计员", "auditor"),
    Role.ADMINISTRATOR: ("系统管理员", "administrator"),
}
COUNTY_ROLES = (
    Role.LEADER,
    Role.FRONT_DESK,
    Role.PLANNER,
    Role.ANALYST,
    Role.DEPARTMENT,
    Role.SITE_MANAGER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
COMMUNITY_ROLES = (Role.CHIEF, Role.WORKER, Role.FRONT_DESK)
COMPOUND_ROLES = (Role.CHIEF, Role.WORKER)
COMPOUNDS_WITH_POSTS = 3


def demo_posts(areas: Sequence[AreaRecord]) -> list[Post]:
    """One post a role: the county's officers, the community's staff, and chiefs and workers of the first compounds."""
    posts = []
    compounds = 0
    for row in areas:
        roles = {"county": COUNTY_ROLES, "community": COMMUNITY_ROLES}.get(row.tier, ())
        if row.tier == "compound" and compounds < COMPOUNDS_WITH_POSTS:
            roles, compounds = COMPOUND_ROLES, compounds + 1
        posts += [Post(role, row.id, row.name_zh, row.name_en) for role in roles]
    return posts


def fill_posts(posts: list[Post], *, now: datetime, actor: Any) -> list[Appointment]:
    """Appoint a demonstration person to each post, from now on; `demo_accounts` gives them sign-ins."""
    appointments = []
    with transaction.atomic():
        for post in posts:
            title_zh, title_en = TITLES[post.role]
            person = Person.objects.create(
                id=uuid5(NAMESPACE, f"{post.area}/{post.role}"),
                name_zh=f"演示{title_zh}",
                name_en=f"Demo {title_en}",
            )
            appointments.append(
                Appointment.objects.create(
                    area_id=post.area,
                    role=post.role,
                    person=person,
                    post_zh=f"{post.area_zh}{title_zh}（演示）"[:80],
                    post_en=f"{title_en}, {post.area_en} (demo)"[:80],
                    is_demo=True,
                    valid_from=now,
                )
            )
        record(actor=actor, verb="appointment.demo", subject="posts", now=now, detail={"posts": len(appointments)})
    return appointments


def appoint_founder(account: Any, county: UUID, *, now: datetime) -> Appointment:
    """Who opened the place administers it: nobody else could appoint anybody in it."""
    with transaction.atomic():
        person = Person.objects.filter(account=account).first()
        if person is None:
            person = Person.objects.create(name_zh=str(account)[:80], name_en=str(account)[:80], account=account)
        made = Appointment.objects.create(
            area_id=county, role=Role.ADMINISTRATOR, person=person, post_zh="系统管理员", post_en="administrator",
            valid_from=now,
        )  # fmt: skip
        record(actor=account, verb="roster.appoint", subject=made.pk, now=now, detail={"role": Role.ADMINISTRATOR})
    return made
