"""The search box at its full size: what people type, answered by the server, one after another.

There is no peer: nothing else finds a building by the initials of what it lies in. The goal is the time of the slowest
twentieth. Words are made from the names of the place, by seed, in the ways people write: names, beginnings, pinyin,
initials, a slip of the finger, names in a row, posts, codes, ticket numbers, coordinates.
"""

import random
import time
from collections.abc import Iterator

from tests.bench.frame import Row, open_place, percentiles

SEED = 20260101
EACH = {"city": 25, "town": 10}
GOAL = "p95 < 200 ms"


def slipped(letters: str, rng: random.Random) -> str:
    """Two neighbouring letters swapped."""
    at = rng.randrange(1, max(2, len(letters) - 1))
    return letters[:at] + letters[at + 1 : at + 2] + letters[at] + letters[at + 2 :] if len(letters) > 3 else letters


def questions(count: int) -> dict[str, list[tuple[str, tuple[float, float]]]]:
    """Kind of question → words and the middle of the map where they are asked."""
    from django.utils import timezone
    from pypinyin import Style, lazy_pinyin

    from grids.models import Appointment, Boundary, Person
    from layers.tickets.models import Ticket

    now, rng = timezone.now(), random.Random(SEED)
    present = Boundary.objects.at(now).select_related("tier")
    rows = list(present.order_by("area_id")[:: max(1, present.count() // (4 * count))])
    above = {row.area_id: row for row in present.filter(area_id__in=[row.parent_id for row in rows])}
    large = list(present.filter(tier__code__in=["community", "compound"]).order_by("area_id")[: 4 * count])
    posts = list(Appointment.objects.at(now).order_by("pk").values_list("post_zh", flat=True)[: 4 * count])
    persons = list(Person.objects.order_by("pk").values_list("name_zh", flat=True)[: 4 * count])
    numbers = list(Ticket.objects.order_by("pk").values_list("number", flat=True)[:count]) or ["2026-000001"]
    spots = [tuple(row.geometry.centroid.coords) for row in large]

    def sound(name: str) -> str:
        return "".join(lazy_pinyin(name))

    made = {
        "name": [row.name_zh for row in large],
        "beginning": [row.name_zh[:2] for row in large],
        "common": [row.name_zh for row in rows if row.tier.grid_level == 2],
        "part": ["院", "号楼", "单元", "社区", "家园", "1", "a", "网格", "路", "党群"],
        "pinyin": [sound(row.name_zh) for row in large],
        "initials": ["".join(lazy_pinyin(row.name_zh, style=Style.FIRST_LETTER)) for row in large],
        "slip": [slipped(sound(row.name_zh), rng) for row in large],
        "row": [f"{above[row.parent_id].name_zh}{row.name_zh}" for row in rows if row.parent_id in above],
        "spaced": [f"{above[row.parent_id].name_zh} {row.name_zh}" for row in rows if row.parent_id in above],
        "post": [post for post in posts if post],
        "person": persons,
        "office": [f"{row.name_zh} 网格长" for row in large],
        "code": [row.code[: rng.randint(4, len(row.code))] for row in rows],
        "ticket": numbers,
        "coordinates": [f"{lon:.6f}, {lat:.6f}" for lon, lat in spots],
        "nothing": ["没有这样的地方", "zzzqqq", "不存在的小区9号楼", "qwertyuiop"],
    }
    return {
        kind: [(rng.choice(words), rng.choice(spots)) for _ in range(count)] for kind, words in made.items() if words
    }


def rows(scale: str) -> Iterator[Row]:
    """One row over all kinds of questions, and one for each."""
    open_place(scale)
    from django.db import transaction

    with transaction.atomic():  # the asker is made for this run only
        yield from measured(scale)
        transaction.set_rollback(True)


def measured(scale: str) -> Iterator[Row]:
    """As rows, in a transaction that is given up."""
    from django.utils import timezone

    from gis.accounts.models import Account
    from grids.models import Appointment, Boundary, Person
    from layers.atlas.search import search

    now = timezone.now()
    # somebody who may know the names of persons: more is looked for than for a visitor
    asker = Account.objects.create_user("bench-search", "not-used-anywhere-1")
    holder = Appointment.objects.at(now).filter(role="chief", person__account__isnull=True).first()
    Person.objects.filter(pk=holder.person_id).update(account=asker)
    areas, held = Boundary.objects.at(now).count(), Appointment.objects.at(now).count()
    every: list[float] = []
    lines: list[tuple[str, list[float]]] = []
    for kind, asked in questions(EACH[scale]).items():
        times = []
        for words, near in [asked[0], *asked]:  # the first warms up and is not counted
            begun = time.perf_counter()
            search(words, asker=asker, moment=now, now=now, near=near)
            times.append(time.perf_counter() - begun)
        lines.append((kind, times[1:]))
        every += times[1:]
    for kind, times in [("", every), *lines]:
        p50, p95 = percentiles(times)
        name = f"search/{kind}" if kind else "search"
        yield Row(name, p95, None, "ms", len(times), areas + held, p50_ms=p50, p95_ms=p95, goal="" if kind else GOAL)
