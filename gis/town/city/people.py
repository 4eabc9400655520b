"""The prefecture's roster: a chief for every grid but a few, desks and workers above. Every person is invented."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import numpy as np

from gis.town.ground import Areas, stable_id
from gis.town.names import (
    COMPANIES,
    DEPARTMENTS,
    GIVEN_ONE,
    GIVEN_TWO,
    PROPERTY_MANAGERS,
    SURNAMES,
    Name,
)
from gis.town.people import Post, Roster
from grids.records import AreaRecord

MORE_SURNAMES: tuple[Name, ...] = (
    ("梁", "Liang"), ("宋", "Song"), ("郭", "Guo"), ("谢", "Xie"), ("韩", "Han"), ("唐", "Tang"), ("冯", "Feng"),
    ("董", "Dong"), ("萧", "Xiao"), ("程", "Cheng"), ("曹", "Cao"), ("袁", "Yuan"), ("邓", "Deng"), ("许", "Xu"),
    ("傅", "Fu"), ("沈", "Shen"), ("曾", "Zeng"), ("彭", "Peng"), ("吕", "Lü"), ("苏", "Su"), ("卢", "Lu"),
    ("蒋", "Jiang"), ("蔡", "Cai"), ("贾", "Jia"), ("丁", "Ding"), ("魏", "Wei"), ("薛", "Xue"), ("叶", "Ye"),
    ("阎", "Yan"), ("余", "Yu"), ("潘", "Pan"), ("杜", "Du"), ("戴", "Dai"), ("夏", "Xia"), ("钟", "Zhong"),
    ("汪", "Wang"), ("田", "Tian"), ("任", "Ren"), ("姜", "Jiang"), ("范", "Fan"),
)  # fmt: skip
MORE_GIVEN: tuple[Name, ...] = (
    ("明", "ming"), ("华", "hua"), ("红", "hong"), ("军", "jun"), ("伟", "wei"), ("芳", "fang"), ("敏", "min"),
    ("静", "jing"), ("强", "qiang"), ("磊", "lei"), ("洋", "yang"), ("艳", "yan"), ("勇", "yong"), ("杰", "jie"),
    ("娟", "juan"), ("涛", "tao"), ("超", "chao"), ("霞", "xia"), ("刚", "gang"), ("梅", "mei"), ("燕", "yan"),
    ("波", "bo"), ("辉", "hui"), ("鹏", "peng"), ("婷", "ting"), ("雪", "xue"), ("飞", "fei"), ("凤", "feng"),
)  # fmt: skip
COUNTY_POSTS = (
    ("leader", "分管副县长", "Deputy county head"),
    ("administrator", "系统管理员", "System administrator"),
    ("front_desk", "县网格中心受理台", "County front desk"),
    ("planner", "规划员", "Planner"),
    ("analyst", "数据分析员", "Analyst"),
    ("auditor", "审计员", "Auditor"),
)
TITLES = {"building": ("楼栋长", "Building chief"), "unit": ("单元长", "Unit chief")}


def city_roster(areas: Areas, *, vacant: float, seed: int) -> Roster:
    """A chief on every grid but a share `vacant`, workers, desks, leaders, departments; some for demonstration."""
    rng = np.random.default_rng([seed, 25])
    roster = Roster()
    names = _persons(rng)
    counties = areas.of_tier("county")
    _prefecture(roster, names, areas.of_tier("prefecture")[0])
    for number, county in enumerate(counties):
        _county(roster, names, county, shown=number == 0)
    for street in areas.of_tier("street"):
        _appoint(roster, names, street, "chief", (f"{street.name_zh}总网格长", f"Chief of {street.name_en}"))
        _appoint(roster, names, street, "front_desk", (f"{street.name_zh}受理台", f"Front desk of {street.name_en}"))
    communities = areas.of_tier("community")
    shown = _busiest(areas, communities)
    for community in communities:
        _community(roster, names, community, int(rng.integers(2, 4)), shown=community.id == shown)
    managers = [_body(roster, "property_manager", name) for name in PROPERTY_MANAGERS]
    grids = [row for row in areas.records if row.tier in ("compound", "building", "unit")]
    compounds = [row for row in grids if row.tier == "compound"]
    demo = set([row.id for row in compounds if row.parent == shown and row.walled == "yes"][:2])
    empty = rng.random(len(grids)) < vacant
    for row, nobody in zip(grids, empty.tolist(), strict=True):
        if nobody and row.id not in demo:
            roster.vacant.append(row.id)
        else:
            _appoint(roster, names, row, "chief", _post(row, areas), demo=row.id in demo)
    for row in compounds:
        post = (f"{row.name_zh}网格员", f"Grid worker of {row.name_en}")
        _appoint(roster, names, row, "worker", post, demo=row.id in demo)
        if row.walled == "yes" and rng.random() < 0.6:
            manager = managers[int(rng.integers(len(managers)))]
            title = (f"{row.name_zh}物业", f"Property manager of {row.name_en}")
            roster.posts.append(
                Post(stable_id("post", row.code, "property", manager), row.id, "department", None, manager, title)
            )
    return roster


def _persons(rng: np.random.Generator) -> Iterator[Name]:
    """Invented persons without end; some have the same name, as in life."""
    surnames = SURNAMES + MORE_SURNAMES
    one, two = GIVEN_ONE + MORE_GIVEN, GIVEN_TWO + MORE_GIVEN
    while True:
        chosen = rng.integers([len(surnames), len(one), len(two)], size=(4096, 3)).tolist()
        for a, b, c in chosen:
            zh = surnames[a][0] + one[b][0] + two[c][0]
            yield zh, f"{surnames[a][1]} {one[b][1].title()}{two[c][1]}"


def _busiest(areas: Areas, communities: list[AreaRecord]) -> UUID:
    """The community of the first county with the most walled compounds: where the demonstration takes place."""
    walled: dict[UUID, int] = {}
    for row in areas.records:
        if row.tier == "compound" and row.walled == "yes" and row.parent is not None:
            walled[row.parent] = walled.get(row.parent, 0) + 1
    county = communities[0].code[:6]
    mine = [row for row in communities if row.code.startswith(county)]
    return max(mine, key=lambda row: (walled.get(row.id, 0), row.code)).id


def _post(row: AreaRecord, areas: Areas) -> Name:
    """What a grid's chief is called: with the names of what lies above, up to the compound."""
    if row.tier == "compound":
        return f"{row.name_zh}网格长", f"Chief of {row.name_en}"
    above, zh, en = row.parent, row.name_zh, row.name_en
    while above is not None:
        higher = areas.by_id[above]
        zh, en = higher.name_zh + zh, f"{en}, {higher.name_en}"
        above = higher.parent if higher.tier != "compound" else None
    title = TITLES[row.tier]
    return f"{zh}{title[0]}"[:80], f"{title[1]} of {en}"[:80]


def _prefecture(roster: Roster, names: Iterator[Name], top: AreaRecord) -> None:
    """Those who see both counties."""
    for role, zh, en in (
        ("leader", "市委分管领导", "City leader"),
        ("administrator", "市系统管理员", "City administrator"),
        ("analyst", "市数据分析员", "City analyst"),
        ("planner", "市规划员", "City planner"),
    ):
        _appoint(roster, names, top, role, (zh, en), demo=True)


def _county(roster: Roster, names: Iterator[Name], county: AreaRecord, *, shown: bool) -> None:
    """A county's officers and departments."""
    for role, zh, en in COUNTY_POSTS:
        _appoint(roster, names, county, role, (zh, en), demo=shown)
    desk = DEPARTMENTS[0]
    post = (f"{county.name_zh}{desk[0]}经办人", f"Officer of the {desk[1]}")
    _appoint(roster, names, county, "department", post, demo=shown)
    for kind, bodies in (("department", DEPARTMENTS), ("company", COMPANIES)):
        for zh, en in bodies:
            name = (county.name_zh + zh, f"{county.name_en} {en}")
            body = _body(roster, kind, name)
            roster.posts.append(Post(stable_id("post", body), county.id, "department", None, body, name))


def _community(roster: Roster, names: Iterator[Name], row: AreaRecord, workers: int, *, shown: bool) -> None:
    """A community's chief, desk, site manager and workers."""
    zh, en = row.name_zh, row.name_en
    _appoint(roster, names, row, "chief", (f"{zh}网格长", f"Chief of {en}"), demo=shown)
    _appoint(roster, names, row, "front_desk", (f"{zh}受理台", f"Front desk of {en}"), demo=shown)
    _appoint(roster, names, row, "site_manager", (f"{zh}中心主任", f"Site manager of {en}"), demo=shown)
    for post in range(1, workers + 1):
        _appoint(roster, names, row, "worker", (f"{zh} {post} 号岗", f"{en}, post {post}"), demo=shown and post == 1)


def _appoint(
    roster: Roster, names: Iterator[Name], area: AreaRecord, role: str, post: Name, *, demo: bool = False
) -> None:
    """A new person in a post; the number on the roster tells persons of one name apart."""
    number = len(roster.persons)
    key = stable_id("city person", number)
    roster.persons[key] = next(names)
    roster.posts.append(Post(stable_id("city post", number), area.id, role, key, None, post, demo))


def _body(roster: Roster, kind: str, name: Name) -> UUID:
    """An organisation."""
    key = stable_id("organisation", name[0])
    roster.organisations[key] = (kind, name)
    return key
