"""A database filled under former rules comes along: hours that were allowed then are open at the very same minutes."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.sites.hours import DAYS, check_hours, spans_on

former = import_module("layers.sites.migrations.0004_the_database_keeps_sites")
FIRST = date(2026, 9, 25)

moments = st.integers(0, 1440).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


def apart(row) -> bool:
    """Whether no two spans of a row overlap: the one thing that the former rule wanted of them."""
    spans = sorted(former.minutes(row))
    return all(after[0] >= before[1] for before, after in zip(spans, spans[1:], strict=False))


rows = st.lists(st.tuples(moments, moments).map(list), max_size=3).filter(apart)
tables = st.builds(
    lambda week, odd: week | ({"exceptions": odd} if odd else {}),
    st.dictionaries(st.sampled_from(DAYS), rows, max_size=7),
    st.dictionaries(st.sampled_from(("2026-10-01", "2026-10-02", "2026-10-04")), rows, max_size=3),
)


def open_minutes(spans_of_day) -> set[int]:
    """The minutes of the fortnight after FIRST at which it is open, by the spans that begin on each day."""
    found: set[int] = set()
    for day in range(-1, 14):
        for start, end in spans_of_day(FIRST + timedelta(days=day)):
            found.update(range(day * 1440 + start, day * 1440 + end))
    return {minute for minute in found if 0 <= minute < 13 * 1440}


def then(hours, day: date):
    """The spans that began on a day by the former rule."""
    return former.minutes((hours.get("exceptions") or {}).get(day.isoformat(), hours.get(DAYS[day.weekday()], [])))


@given(tables)
@settings(max_examples=30)
def test_mended_hours_are_right_and_open_at_the_same_minutes(hours):
    mended = former.mended(hours)
    check_hours(mended)
    assert open_minutes(lambda day: spans_on(mended, day)) == open_minutes(lambda day: then(hours, day))


def test_more_spans_than_a_day_may_have_are_joined_over_the_smallest_gaps():
    hours = {"mon": [[f"{hour:02}:00", f"{hour:02}:{50 if hour < 9 else 58}"] for hour in range(10)]}
    mended = former.mended(hours)
    check_hours(mended)
    assert len(mended["mon"]) == 8
    assert mended["mon"][-1] == ["08:00", "09:58"] or mended["mon"][0][1] != "00:50"


@pytest.mark.django_db
def test_a_filled_database_is_migrated():
    executor = MigrationExecutor(connection)
    rest = executor.loader.graph.leaf_nodes()
    executor.migrate([("service_sites", "0003_what_a_site_holds")])
    old = executor.loader.project_state([("service_sites", "0003_what_a_site_holds")]).apps
    tier = old.get_model("grids", "Tier").objects.create(code="county", name_zh="县", rank=1)
    area = old.get_model("grids", "Area").objects.create(tier=tier)
    kind = old.get_model("service_sites", "SiteKind").objects.create(code="station", name_zh="站")
    place = {"kind_id": kind.pk, "area_id": area.pk, "geometry": "SRID=4326;POINT(111.7 36.8)"}
    sites = old.get_model("service_sites", "Site").objects
    whole = sites.create(name_zh="甲", hours={"mon": [["08:00", "08:00"]], "tue": [["07:00", "09:00"]]}, **place)
    sites.create(name_zh="甲", hours={"sun": [["22:00", "06:00"]]}, **place)
    long = "长" * 110
    for name in (long, long, f"{long} 2"):
        sites.create(name_zh=name, **place)
    old.get_model("service_sites", "FormerHours").objects.create(
        site=whole, hours={"sat": [["18:00", "17:00"]]}, valid_from=whole.valid_from - timedelta(days=9),
        valid_until=whole.valid_from,
    )  # fmt: skip
    executor = MigrationExecutor(connection)
    executor.migrate(rest)
    from layers.sites.models import FormerSite, Site

    assert Site.objects.get(pk=whole.pk).hours == {"mon": [["08:00", "24:00"]], "tue": [["00:00", "09:00"]]}
    names = sorted(Site.objects.values_list("name_zh", flat=True))
    assert names == ["甲", "甲 2", long, f"{long} 2", f"{long} 3"], "one name stands once in an area"
    assert FormerSite.objects.get(site=whole.pk, valid_until=whole.valid_from).hours == {
        "sat": [["18:00", "24:00"]], "sun": [["00:00", "17:00"]],
    }  # fmt: skip
    assert Site.objects.get(name_zh="甲 2").hours == {"sun": [["22:00", "06:00"]]}, "what was right stays as it is"
