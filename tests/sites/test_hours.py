"""Opening hours: midnight, the wall's clock, exceptions, and what is no table of hours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from layers.sites.hours import changes_at, check_hours, is_open

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = {day: [["08:30", "12:00"], ["14:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
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
