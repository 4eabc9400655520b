"""Who answers where: posts by what they are called ("和平社区 网格长"), by their holder for those who may know."""

import uuid
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, TextField
from django.utils.translation import get_language, override

from grids.models import Appointment, Boundary, Role
from grids.models.people import AppointmentQuerySet
from grids.permissions import may
from grids.queries import locate
from layers.atlas.finding import areas, asked, names

MOST = 6
MOST_CANDIDATES = 100
SHORTEST_TEXT = 3
"""Signs that a text must have for the index of posts to be of use."""
TOWNWIDE_RANK = 3
MORE_WORDS: dict[str, tuple[str, ...]] = {
    Role.CHIEF: ("总网格长", "网格长", "片长", "楼长", "chief"),
    Role.WORKER: ("专职网格员", "网格员", "网格岗", "worker"),
    Role.FRONT_DESK: ("受理台", "受理员", "前台"),
    Role.DEPARTMENT: ("经办人",),
    Role.SITE_MANAGER: ("中心主任", "站长", "manager"),
    Role.LEADER: ("分管领导",),
    Role.ADMINISTRATOR: ("系统管理员", "管理员", "admin"),
}


class Plain(Func):
    """atlas_plain(words): as names are compared; indexed for the two names of a post."""

    function = "atlas_plain"
    output_field = TextField()


def find(
    words: str,
    *,
    asker: Any,
    moment: datetime,
    now: datetime,
    near: areas.LonLat | None,
    alike: dict[str, float],
) -> list[dict[str, Any]]:
    """The posts that the words mean at a moment, closest first; `alike` is `names.matching(words)`."""
    plain = asked.plain(words)
    if not plain:
        return []
    known = may(asker, "roster.read", now=now)
    present = Appointment.objects.at(moment)
    close: dict[uuid.UUID, float] = {}

    def add(found: dict[uuid.UUID, float]) -> None:
        """Keep the closest way in which each was found."""
        for pk, one in found.items():
            close[pk] = min(one, close.get(pk, one))

    bare = plain in dict(role_words())  # thousands are called 网格长: those here are meant
    if not bare:
        add(_by_text(words, present))
    if not close or min(close.values()) > 1:  # not called just so: then what somebody is, and where
        add(_by_role(words, present, moment, near))
    add(_by_organisation(alike, present))
    if known:
        add(_by_person(words, present))
    chosen = sorted(close, key=lambda pk: close[pk])[:MOST_CANDIDATES]
    return _told(present.filter(pk__in=chosen), close, moment=moment, known=known)


@cache
def role_words() -> list[tuple[str, str]]:
    """Plain words for roles with their role, in both languages and in pinyin, longest first."""
    found: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            for role in Role:
                for word in (str(role.label), *MORE_WORDS.get(role, ())):
                    found.setdefault(asked.plain(word), role)
    chinese = [word for word in found if not word.isascii()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT plain, pinyin, initials FROM atlas_readings(%s)", [chinese])
        for plain, pinyin, initials in cursor.fetchall():
            found.setdefault(pinyin, found[plain])
            found.setdefault(initials, found[plain])
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def _by_role(
    words: str, present: AppointmentQuerySet, moment: datetime, near: areas.LonLat | None
) -> dict[uuid.UUID, float]:
    """An area and what somebody is there; without an area, there where the map's middle is."""
    plain = asked.plain(words)
    for word, role in role_words():
        if plain == word:
            return _here(present.filter(role=role), moment, near)
        for rest in (plain.removesuffix(word), plain.removeprefix(word)):
            if rest == plain:
                continue
            spaced = " ".join(token for token in words.split() if asked.plain(token) != word)
            where = spaced if asked.plain(spaced) == rest else rest
            hits = areas.find(where, moment=moment, near=near, most=MOST)
            level = {hit.area: hit.close for hit in hits if hit.close <= names.CONTAINS}
            rows = present.filter(role=role, area__in=level).values_list("pk", "area_id")
            if rows:
                return {pk: level[area] + 0.1 for pk, area in rows}
    return {}


def _here(rows: AppointmentQuerySet, moment: datetime, near: areas.LonLat | None) -> dict[uuid.UUID, float]:
    """Posts on the areas that own the middle of the map, the deepest first; else those of the widest areas."""
    chain = [row.area_id for row in locate(*near, moment=moment)] if near else []
    here = dict(rows.filter(area__in=chain).values_list("pk", "area_id"))
    if here:
        depth = {area: number for number, area in enumerate(reversed(chain))}
        return {pk: 0.1 + depth[area] / 100 for pk, area in here.items()}
    wide = rows.filter(area__tier__rank__lte=TOWNWIDE_RANK).order_by("area__tier__rank", "pk")
    return {pk: 1.0 + number / 100 for number, pk in enumerate(wide.values_list("pk", flat=True)[:MOST])}


def _by_text(words: str, present: AppointmentQuerySet) -> dict[uuid.UUID, float]:
    """Posts that have all the words in what they are called."""
    tokens = [token for token in (asked.plain(token) for token in words.split()) if token]
    whole = "".join(tokens)
    if max(map(len, tokens), default=0) < SHORTEST_TEXT or whole.isdigit():
        return {}
    told = {"zh": Plain("post_zh"), "en": Plain("post_en")}
    here = Q()
    for token in tokens:
        here &= Q(zh__contains=token) | Q(en__contains=token)
    rows = present.alias(**told).annotate(zh_=F("zh"), en_=F("en")).filter(here).values_list("pk", "zh_", "en_")
    found = {}
    for pk, zh, en in rows[:MOST_CANDIDATES]:
        first = zh.startswith(whole) or en.startswith(whole)
        found[pk] = names.EXACT + 0.1 if whole in {zh, en} else names.BEGINS + 0.5 if first else names.CONTAINS + 0.5
    return found


def _by_person(words: str, present: AppointmentQuerySet) -> dict[uuid.UUID, float]:
    """Posts of persons of this name, in signs, pinyin or initials."""
    sound = names.sound_of(words)
    values: dict[str, Any] = {
        "words": sound.plain,
        "first": f"{sound.plain}%",
        "sounds": sound.pinyin,
        "initials": sound.plain if sound.latin and len(sound.plain) > 1 else "",
        "pinyin_first": f"{sound.plain}%" if sound.latin and len(sound.plain) > 3 else "",
        "most": MOST_CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person, min(CASE WHEN plain = %(words)s THEN 0 WHEN plain LIKE %(first)s THEN 1
                WHEN pinyin = ANY(%(sounds)s) OR initials = %(initials)s THEN 2 ELSE 4 END)
            FROM atlas_person
            WHERE plain = %(words)s OR plain LIKE %(first)s OR pinyin = ANY(%(sounds)s)
                OR initials = %(initials)s OR pinyin LIKE %(pinyin_first)s
            GROUP BY person ORDER BY 2, person LIMIT %(most)s
            """,
            values,
        )
        close = dict(cursor.fetchall())
    rows = present.filter(person__in=close).values_list("pk", "person_id")
    return {pk: close[person] + 0.2 for pk, person in rows}


def _by_organisation(alike: dict[str, float], present: AppointmentQuerySet) -> dict[uuid.UUID, float]:
    """Posts of organisations that are called so."""
    called = Q(organisation__name_zh__in=list(alike)) | Q(organisation__name_en__in=list(alike))
    rows = present.filter(called).values_list("pk", "organisation__name_zh", "organisation__name_en")
    return {pk: min(alike.get(zh, 9.0), alike.get(en, 9.0)) + 0.3 for pk, zh, en in rows[:MOST_CANDIDATES]}


def _told(
    rows: AppointmentQuerySet, close: dict[uuid.UUID, float], *, moment: datetime, known: bool
) -> list[dict[str, Any]]:
    """The posts as results; the names of persons only for those who may know them."""
    ordered = sorted(
        rows.select_related("person", "organisation", "area__tier"),
        key=lambda row: (close[row.pk], row.area.tier.rank, row.post_zh, str(row.pk)),
    )
    where = {
        row.area_id: row
        for row in Boundary.objects.at(moment).filter(area_id__in=[row.area_id for row in ordered[: 3 * MOST]])
    }
    kept = [row for row in ordered if row.area_id in where][:MOST]
    above = areas.above_of([where[row.area_id] for row in kept], moment=moment)
    english = (get_language() or "").startswith("en")
    results = []
    for row in kept:
        spot = where[row.area_id]
        holder = row.organisation.name if row.organisation else row.person.name if known and row.person else ""
        title = (row.post_en if english else row.post_zh) or f"{spot.name} · {row.get_role_display()}"
        path = " › ".join([*above[row.area_id], spot.name])
        results.append(
            {
                "kind": "post",
                "id": str(row.pk),
                "area": str(row.area_id),
                "name_zh": title,
                "name_en": title,
                "hint": " · ".join(part for part in (holder, path) if part),
                "bbox": list(spot.geometry.extent),
                "close": close[row.pk],
            }
        )
    return results
