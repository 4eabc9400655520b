"""Opening hours: midnight, the wall's clock, exceptions, and what is no table of hours."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layers.sites.hours import DAYS, HoursFault, changes_at, check_hours, is_open, told_on, week_known
from layers.sites.hours_text import parse, write

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = {day: [["08:30", "12:00"], ["14:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NEVER = {day: [] for day in DAYS}
ONLY_FEAST = {"exceptions": {"2026-10-01/2026-10-02": [], "2026-10-03": [["09:00", "12:00"]]}}
NIGHT = {"fri": [["18:00", "01:00"]], "sat": [["22:00", "06:30"]]}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02T08:29:59", False),  # a Monday
        ("2026-03-02T08:30", True),
        ("2026-03-02T11:59:59", True),
        ("2026-03-02T12:00", False),
        ("2026-03-02T14:30", True),
        ("2026-03-02T18:00", False),
        ("2026-03-07T10:00", False),  # Saturday
    ],
)
def test_spans_are_half_open(moment, expected):
    assert is_open(OFFICE, at(moment), SHANGHAI) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-06T23:59", True),  # Friday night …
        ("2026-03-07T00:00", True),
        ("2026-03-07T00:59", True),  # … goes on into Saturday
        ("2026-03-07T01:00", False),
        ("2026-03-07T21:59", False),
        ("2026-03-08T06:29", True),
        ("2026-03-08T06:30", False),
        ("2026-03-06T00:30", False),  # Thursday had no night
    ],
)
def test_a_span_goes_past_midnight_into_the_next_day(moment, expected):
    assert is_open(NIGHT, at(moment), SHANGHAI) is expected


def test_the_clock_is_the_places_not_the_servers():
    moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, 20:00 the day before in New York
    assert is_open(OFFICE, moment, SHANGHAI)
    assert not is_open(OFFICE, moment, ZoneInfo("America/New_York"))
    assert is_open(OFFICE, datetime(2026, 3, 2, 14, 0, tzinfo=UTC), ZoneInfo("America/New_York"))


def test_summer_time_moves_the_instant_not_the_hours():
    new_york = ZoneInfo("America/New_York")  # clocks go forward on 8 March 2026
    assert is_open(OFFICE, at("2026-03-06T08:30", new_york), new_york)
    assert is_open(OFFICE, at("2026-03-09T08:30", new_york), new_york)
    before, after = at("2026-03-06T08:30", new_york), at("2026-03-09T08:30", new_york)
    assert (after.astimezone(UTC) - before.astimezone(UTC)).total_seconds() == 71 * 3600


def test_the_whole_day_has_no_gap_at_midnight():
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert all(is_open(always, at(f"2026-03-0{day}T{hour}"), SHANGHAI) for day in (2, 3) for hour in ("00:00", "23:59"))
    assert changes_at(always, at("2026-03-02T12:00"), SHANGHAI) is None


def test_an_exception_replaces_its_weekday():
    hours = OFFICE | {"exceptions": {"2026-10-01": [], "2026-10-10": [["09:00", "12:00"]]}}
    assert not is_open(hours, at("2026-10-01T10:00"), SHANGHAI)
    assert is_open(hours, at("2026-10-02T10:00"), SHANGHAI)
    assert is_open(hours, at("2026-10-10T10:00"), SHANGHAI)  # a Saturday


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        (OFFICE, "2026-03-02T09:00", "2026-03-02T12:00"),
        (OFFICE, "2026-03-02T12:00", "2026-03-02T14:30"),
        (OFFICE, "2026-03-06T18:00", "2026-03-09T08:30"),
        (NIGHT, "2026-03-06T20:00", "2026-03-07T01:00"),
        ({}, "2026-03-06T20:00", None),
    ],
)
def test_when_it_changes_next(hours, moment, expected):
    assert changes_at(hours, at(moment), SHANGHAI) == (expected and at(expected))


@pytest.mark.parametrize(
    ("hours", "moment", "state", "today", "change"),
    [
        ({}, "2026-10-01T10:00", None, None, None),
        ({"exceptions": {}}, "2026-10-01T10:00", None, None, None),
        (NEVER, "2026-10-01T10:00", False, "", None),
        ({"mon": []}, "2026-10-01T10:00", False, "", None),  # one day told is a week told
        (NEVER | ONLY_FEAST, "2026-10-02T10:00", False, "", "2026-10-03T09:00"),
        (ONLY_FEAST, "2026-10-01T10:00", False, "", "2026-10-03T09:00"),
        (ONLY_FEAST, "2026-10-03T10:00", True, "09:00–12:00", "2026-10-03T12:00"),
        (ONLY_FEAST, "2026-10-03T12:00", False, "09:00–12:00", None),  # what comes after, nobody told
        (ONLY_FEAST, "2026-10-04T10:00", None, None, None),
        (ONLY_FEAST, "2026-09-30T23:00", None, None, None),
    ],
)
def test_hours_that_nobody_told_are_neither_open_nor_closed(hours, moment, state, today, change):
    assert is_open(hours, at(moment), SHANGHAI) is state
    assert told_on(hours, at(moment).date()) == today
    assert changes_at(hours, at(moment), SHANGHAI) == (change and at(change))


@pytest.mark.parametrize(
    "hours",
    [
        [], "mon", {"monday": []}, {"mon": [["8:30", "18:00"]]}, {"mon": [["08:30"]]}, {"mon": [["24:30", "25:00"]]},
        {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}, {"mon": "08:30-18:00"}, {"exceptions": []},
        {"exceptions": {"1 October": []}}, {"mon": [[8, 18]]}, {"mon": None},
    ],
)  # fmt: skip
def test_what_is_no_table_of_hours_is_refused(hours):
    with pytest.raises(ValueError):
        check_hours(hours)


def test_good_tables_pass():
    check_hours({})
    check_hours(NIGHT | {"exceptions": {"2026-10-01": [["00:00", "24:00"]]}})


def fault_of(hours) -> str:
    with pytest.raises(HoursFault) as caught:
        check_hours(hours)
    return caught.value.code


def test_each_mistake_is_named():
    assert fault_of({"mon": [["18:00", "08:30"]]}) == "backwards"
    assert fault_of({"mon": [["09:00", "09:00"]]}) == "backwards"
    assert fault_of({"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}) == "overlap"
    assert fault_of({"sun": [["20:00", "02:00"]], "mon": [["01:00", "03:00"]]}) == "night-overlap"
    assert fault_of({"exceptions": {"2026-02-30": []}}) == "no-date"
    assert fault_of({"exceptions": {"2026-10-07/2026-10-01": []}}) == "dates-backwards"
    assert fault_of({"exceptions": {"2026-10-01/2026-10-07": [], "2026-10-07": []}}) == "exceptions-overlap"
    assert fault_of({"mon": [["09:00\n", "10:00"]]}) == "no-time"


def test_an_exception_may_be_about_many_days():
    hours = OFFICE | {"exceptions": {"2026-10-01/2026-10-07": []}}
    assert not any(is_open(hours, at(f"2026-10-0{day}T10:00"), SHANGHAI) for day in range(1, 8))
    assert is_open(hours, at("2026-10-08T10:00"), SHANGHAI)
    assert changes_at(hours, at("2026-09-30T18:00"), SHANGHAI) == at("2026-10-08T08:30")


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", {}),
        ("未知", {}),
        ("Unknown; 2026-10-01 off", {"exceptions": {"2026-10-01": []}}),
        ("休息", NEVER),
        ("Mo-Su off", NEVER),
        ("周一至周五 08:30-12:00,14:30-18:00", OFFICE),
        ("Mo-Fr 08:30-12:00, 14:30-18:00", OFFICE),
        ("工作日：8:30～12:00、14:30—18:00；周六、周日 休息", OFFICE | {"sat": [], "sun": []}),
        ("星期五 18:00-次日01:00；礼拜六 22:00至06:30", NIGHT),
        ("24/7", {day: [["00:00", "24:00"]] for day in DAYS}),
        ("每天全天", {day: [["00:00", "24:00"]] for day in DAYS}),
        ("2026年10月1日至2026年10月7日 休息", {"exceptions": {"2026-10-01/2026-10-07": []}}),
        ("2026/10/10 9:00-12:00", {"exceptions": {"2026-10-10": [["09:00", "12:00"]]}}),
    ],
)
def test_hours_are_read_from_a_line(text, hours):
    assert parse(text) == hours


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("周一 18:00-08:00", "backwards"),
        ("周一至周五 09:00-12:00; 周三 14:00-18:00", "twice"),
        ("when the door is open", "no-rule"),
        ("不详；周一 09:00-12:00", "no-rule"),
        ("Mo 9-17", "no-rule"),
        ("2026-10-01 休息; 2026-10-01 09:00-12:00", "twice"),
        ("2026-13-01 休息", "no-date"),
    ],
)
def test_what_cannot_be_read_is_told(text, code):
    with pytest.raises(HoursFault) as caught:
        parse(text)
    assert caught.value.code == code


times = st.one_of(
    st.builds("{:02d}:{:02d}".format, st.integers(0, 25), st.sampled_from((0, 1, 30, 59))), st.just("24:00"), st.just(8)
)
rows = st.lists(st.tuples(times, times).map(list), max_size=3)
dates = st.sampled_from(
    [
        "2026-10-01",
        "2026-10-03",
        "2026-02-29",
        "2026-10-01/2026-10-03",
        "2026-10-03/2026-10-02",
        "2026-10-02/2026-10-02",
    ]
)
tables = st.dictionaries(st.sampled_from((*DAYS, "xmas")), rows, max_size=4).flatmap(
    lambda week: st.one_of(
        st.just(week), st.dictionaries(dates, rows, max_size=3).map(lambda special: week | {"exceptions": special})
    )
)


def is_right(hours) -> bool:
    try:
        check_hours(hours)
    except HoursFault:
        return False
    return True


@given(st.lists(tables, min_size=40, max_size=40))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_takes_what_python_takes(db, many):  # nothing of the database is changed
    with connection.cursor() as cursor:
        told = [json.dumps(hours) for hours in many]
        cursor.execute("SELECT service_sites_hours_ok(one::jsonb) FROM unnest(%s::text[]) one", [told])
        assert [row[0] for row in cursor.fetchall()] == [is_right(hours) for hours in many]


moments = st.lists(
    st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from((0, 1, 30, 59))), max_size=6, unique=True
)


@st.composite
def sound_rows(draw):
    """Spans that follow each other, the last perhaps to midnight or past it, told in any order."""
    told = sorted(draw(moments))
    ends = draw(st.sampled_from(("24:00", "00:01", "02:30"))) if len(told) % 2 and told[-1] >= "15:00" else None
    pairs = list(zip(told[::2], told[1::2], strict=False)) + ([(told[-1], ends)] if ends else [])
    return [list(pair) for pair in draw(st.permutations(pairs))]


apart = st.sampled_from(
    [[], ["2026-10-01"], ["2026-10-03", "2026-10-01"], ["2026-10-01/2026-10-03"], ["2026-10-02/2026-10-02"]]
)
sound_tables = st.builds(
    lambda week, keys, more: week | ({"exceptions": dict(zip(keys, more, strict=False))} if keys else {}),
    st.dictionaries(st.sampled_from(DAYS), sound_rows(), max_size=7),
    apart,
    st.tuples(sound_rows(), sound_rows()),
)


@given(sound_tables)
def test_what_is_written_is_read_again(hours):
    assume(is_right(hours))
    bare = {key: value for key, value in hours.items() if value}
    for english in (False, True):
        read = parse(write(hours, english=english))
        assert {key: value for key, value in read.items() if value} == bare
        assert week_known(read) == week_known(hours)
