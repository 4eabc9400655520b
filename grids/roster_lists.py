"""What the roster page shows: posts and who holds them, vacancies, persons and bodies to choose from."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid, Missing
from grids.matters import matters
from grids.models import Appointment, Boundary, Membership, Organisation, OrganisationKind, Person, Role
from grids.models.area import subtree_ids
from grids.permissions import appointable, areas_with, demand, may
from grids.roster import may_manage

MOST = 200
MOST_FOUND = 20
View = Literal["posts", "vacant"]


def scope(asker: Any, area: UUID | None, *, now: datetime) -> list[UUID]:
    """The tops of what the asker may list: the area asked for, or all the own ones; raises SignInNeeded, Refused."""
    demand(asker, "roster.read", area, now=now)
    return [area] if area else areas_with(asker, "roster.read", now=now)


def posts(tops: list[UUID], moment: datetime, *, role: str = "", words: str = "") -> QuerySet[Any, Any]:
    """Appointments in force under some areas at a moment, in the order of the areas' codes, with `place` (its row)."""
    still = Q(area__boundaries__valid_until__isnull=True) | Q(area__boundaries__valid_until__gt=moment)
    stands = Q(area__boundaries__valid_from__lte=moment) & still
    found = (
        Appointment.objects.at(moment)
        .filter(area_id__in=subtree_ids(tops, moment))
        .annotate(place_row=FilteredRelation("area__boundaries", condition=stands))
        .filter(place_row__isnull=False)
        .annotate(
            area_code=F("place_row__code"), area_zh=F("place_row__name_zh"), area_en=F("place_row__name_en"),
            tier_code=F("area__tier__code"), rank=F("area__tier__rank"),
        )
        .select_related("person__account", "organisation")
    )  # fmt: skip
    if role:
        found = found.filter(role=role)
    for word in words.split()[:5]:
        named = Q(area_zh__icontains=word) | Q(area_en__icontains=word) | Q(area_code__startswith=word)
        held = Q(person__name_zh__icontains=word) | Q(person__name_en__icontains=word)
        body = Q(organisation__name_zh__icontains=word) | Q(organisation__name_en__icontains=word)
        found = found.filter(named | held | body | Q(post_zh__icontains=word) | Q(post_en__icontains=word))
    return found.order_by("area_code", "rank", "role", "pk")


def vacancies(tops: list[UUID], moment: datetime, *, words: str = "") -> QuerySet[Any, Any]:
    """Areas under some that ought to have a chief and have none at a moment, in the order of their codes."""
    found = vacant_at(moment).filter(area_id__in=subtree_ids(tops, moment)).select_related("tier").defer("geometry")
    for word in words.split()[:5]:
        found = found.filter(Q(name_zh__icontains=word) | Q(name_en__icontains=word) | Q(code__startswith=word))
    return found.order_by("code", "pk")


def vacant_at(moment: datetime) -> Any:
    """The boundaries at a moment of areas whose chief's post nobody held then."""
    chief = Appointment.objects.at(moment).filter(area_id=OuterRef("area_id"), role=Role.CHIEF)
    return Boundary.objects.at(moment).filter(~Exists(chief), tier__staffed=True)


def page(found: QuerySet[Any, Any], key: str, *, after: str, limit: int) -> tuple[list[Any], str | None]:
    """Up to `limit` rows after a cursor (by code, then id), and the cursor of the next page."""
    limit = max(1, min(limit, MOST))
    code = "area_code" if key == "post" else "code"
    found = found.order_by(code, "pk")
    if after:
        place, pk = _cursor(after)
        found = found.filter(Q(**{f"{code}__gt": place}) | Q(**{code: place, "pk__gt": pk}))
    rows = list(found[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    told = json.dumps([getattr(last, code), str(last.pk)])
    return rows[:limit], base64.urlsafe_b64encode(told.encode()).decode()


def _cursor(text: str) -> tuple[str, UUID]:
    try:
        code, pk = json.loads(base64.urlsafe_b64decode(text.encode()))
        return str(code), UUID(str(pk))
    except (ValueError, TypeError, binascii.Error):
        raise Invalid(_("This is no place in a list."), code="bad-cursor") from None


def told_posts(rows: list[Any], asker: Any, *, now: datetime) -> list[dict[str, Any]]:
    """Posts and their holders; whether the asker may end or hand them over."""
    mine = appointable(asker, [(row.role, row.area_id) for row in rows], now=now)
    return [_post(row) | {"may_edit": (row.role, row.area_id) in mine} for row in rows]


def _post(row: Any) -> dict[str, Any]:
    holder = row.holder
    return {
        "id": row.pk,
        "area": told_area(row.area_id, row.tier_code, row.area_code, row.area_zh, row.area_en),
        "role": row.role,
        "role_name": row.get_role_display(),
        "post_zh": row.post_zh,
        "post_en": row.post_en,
        "categories": row.categories,
        "since": row.valid_from,
        "until": row.valid_until,
        "holder": {
            "kind": "person" if row.person_id else "organisation",
            "id": holder.pk,
            "name_zh": holder.name_zh,
            "name_en": holder.name_en,
        },
    }


def told_area(area: UUID, tier: str, code: str, name_zh: str, name_en: str) -> dict[str, Any]:
    """An area in a list."""
    return {"id": area, "tier": tier, "code": code, "name_zh": name_zh, "name_en": name_en}


def told_vacancy(row: Boundary) -> dict[str, Any]:
    """One area without a chief."""
    return {"area": told_area(row.area_id, row.tier.code, row.code, row.name_zh, row.name_en)}


def holders(words: str) -> list[dict[str, Any]]:
    """Persons and bodies called so, each with one of their present posts, to tell namesakes apart."""
    words = " ".join(words.split())[:60]
    if not words:
        return []
    named = Q(name_zh__icontains=words) | Q(name_en__icontains=words)
    people = Person.objects.filter(named).order_by("name_zh", "pk")[:MOST_FOUND]
    bodies = Organisation.objects.filter(named).select_related("kind").order_by("name_zh", "pk")[:MOST_FOUND]
    hints: dict[UUID, str] = {}
    present = Appointment.objects.still().filter(Q(person__in=list(people)) | Q(organisation__in=list(bodies)))
    for person, body, post in present.order_by("valid_from").values_list("person", "organisation", "post_zh"):
        hints.setdefault(person or body, post)
    told = [_found("organisation", body, hints.get(body.pk) or body.kind.name) for body in bodies]
    return [*(_found("person", person, hints.get(person.pk, "")) for person in people), *told][:MOST_FOUND]


def _found(kind: str, row: Any, hint: str) -> dict[str, Any]:
    return {"kind": kind, "id": row.pk, "name_zh": row.name_zh, "name_en": row.name_en, "hint": hint}


def person_card(person_id: UUID, asker: Any, *, now: datetime) -> dict[str, Any]:
    """A person's posts under the asker's areas, those before too; the sign-in for who may manage it."""
    tops = scope(asker, None, now=now)
    person = Person.objects.select_related("account").filter(pk=person_id).first()
    seen = Appointment.objects.filter(area_id__in=subtree_ids(tops, now))
    held = seen.filter(
        Q(person=person_id) | Q(organisation__in=Membership.objects.filter(person=person_id).values("organisation"))
    )
    rows = list(held.select_related("organisation", "person").order_by("-valid_from", "pk")[:MOST])
    if person is None or not rows:
        raise Missing(_("There is no such person on the roster of your areas."), code="no-person")
    names = dict(Boundary.objects.at(now).filter(area__in=[row.area_id for row in rows]).values_list("area", "pk"))
    places = {row.pk: row for row in Boundary.objects.filter(pk__in=names.values()).defer("geometry")}
    manage = may(asker, "roster.edit", now=now) and may_manage(asker, person, now=now)
    account = person.account
    return {
        "id": person.pk,
        "name_zh": person.name_zh,
        "name_en": person.name_en,
        "posts": [
            {
                "id": row.pk,
                "role": row.role,
                "role_name": row.get_role_display(),
                "post_zh": row.post_zh,
                "post_en": row.post_en,
                "by": row.organisation.name if row.organisation else "",
                "area": places[names[row.area_id]].name if row.area_id in names else "",
                "since": row.valid_from,
                "until": row.valid_until,
            }
            for row in rows
        ],
        "may_manage": manage,
        "account": {
            "username": account.username,
            "active": account.is_active,
            "waiting": account.must_change_password,
            "until": account.password_expires_at,
            "last": account.last_login,
        }
        if manage and account
        else None,
    }


def body_card(body_id: UUID, asker: Any, *, now: datetime) -> dict[str, Any]:
    """An organisation with its present posts and members."""
    demand(asker, "roster.read", now=now)
    body = Organisation.objects.select_related("kind").filter(pk=body_id).first()
    if body is None:
        raise Missing(_("There is no such organisation."), code="no-organisation")
    present = list(Appointment.objects.at(now).filter(organisation=body).order_by("valid_from", "pk")[:MOST])
    places = {
        row.area_id: row.name
        for row in Boundary.objects.at(now).filter(area__in=[post.area_id for post in present]).defer("geometry")
    }
    members = Membership.objects.at(now).filter(organisation=body).select_related("person")
    edits = may(asker, "roster.edit", now=now)
    return {
        "id": body.pk,
        "name_zh": body.name_zh,
        "name_en": body.name_en,
        "kind": body.kind.name,
        "posts": [
            {"id": row.pk, "role_name": row.get_role_display(), "post_zh": row.post_zh, "post_en": row.post_en,
             "area": places.get(row.area_id, ""), "since": row.valid_from}
            for row in present
        ],
        "members": [
            {"id": row.pk, "person": row.person_id, "name_zh": row.person.name_zh, "name_en": row.person.name_en,
             "since": row.valid_from}
            for row in members.order_by("person__name_zh", "pk")[:MOST]
        ],
        "may_edit": edits and _fills_all(asker, present, now=now),
    }  # fmt: skip


def _fills_all(asker: Any, rows: list[Any], *, now: datetime) -> bool:
    wanted = {(row.role, row.area_id) for row in rows}
    return appointable(asker, wanted, now=now) == wanted


def choices(roles: list[str], *, now: datetime) -> dict[str, Any]:
    """What a form offers: roles the asker may fill, matters, kinds of organisation."""
    return {
        "roles": [{"code": role, "name": Role(role).label} for role in roles],
        "categories": [matter._asdict() for matter in matters(now).values()],
        "kinds": [{"code": row.code, "name": row.name} for row in OrganisationKind.objects.at(now)],
    }
