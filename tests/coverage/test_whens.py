"""Coverage as of a past moment and by opening hours: sites where they stood, gates as they were, who lived there."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import timezone

from grids.models import AgeBand, Population
from layers.coverage import actions
from layers.coverage.whens import when_from
from layers.sites.models import Site
from layers.streets.models import Gate
from tests.coverage.askers import client_of
from tests.grids.ground import T0
from tests.streets.yards import at

pytestmark = pytest.mark.django_db

THEN = "2026-01-20"


@pytest.fixture
def moved(peopled, site):
    """The centre moved to the other yard; the house there is empty now and was full before."""
    now = timezone.now()
    Site.objects.filter(pk=site.pk).update(geometry=Point(*at(3, 4.4), srid=4326))
    left = peopled["left house"].area
    Population.objects.filter(area=left).update(valid_until=now - timedelta(days=1))
    for band, residents in (("18-59", 7), ("60-79", 0)):
        Population.objects.create(
            area=left, age_band=AgeBand.objects.get(code=band), residents=residents, source="test",
            valid_from=now - timedelta(days=1),
        )  # fmt: skip
    assert actions.settle(now=now, actor="test") is not None
    return peopled


def test_a_past_moment_is_told_as_it_was(moved, site):
    client = client_of(moved["county"])
    now, then = (client.get("/api/coverage", query).json() for query in ({}, {"moment": THEN}))
    assert (now["area"]["residents"], now["area"]["within"]) == (67, [7, 7, 7])
    assert (then["area"]["residents"], then["area"]["within"]) == (160, [0, 60, 60])
    assert (now["moment"], then["moment"][:10], then["stale"]) == (None, THEN, False)
    circle = client.get("/api/circles", {"site": site.pk, "moment": THEN}).json()
    rings = [ring["properties"]["residents"] for ring in circle["rings"]["features"]]
    assert rings == then["area"]["within"], "a circle begins where the site stood then"
    assert (circle["origin"]["lon"], circle["origin"]["lat"]) == pytest.approx(at(3, 1.5))
    lon, lat = at(3, 4.4)
    spot = {"lon": lon, "lat": lat}
    what_if = [client.get("/api/coverage/what-if", {**spot, **query}).json() for query in ({}, {"moment": THEN})]
    assert [told["residents"]["gained"][2] for told in what_if] == [0, 100], "the site stands there now, not then"
    assert what_if[1]["residents"]["before"] == then["area"]["share"]
    file = client.get("/api/coverage/file.csv", {"moment": THEN, "tier": "community"})
    assert ",160," in file.content.decode()
    assert f"coverage-{THEN}.csv" in file["Content-Disposition"]


def test_an_edit_of_the_past_is_in_the_next_answer(moved, site):
    client = client_of(moved["county"])
    assert client.get("/api/coverage", {"moment": THEN}).json()["area"]["residents"] == 160
    Population.objects.filter(area=moved["right house"].area, age_band__code="60-79").delete()
    assert client.get("/api/coverage", {"moment": THEN}).json()["area"]["residents"] == 150


def test_before_there_was_anything_nothing_is_told_and_nothing_breaks(moved, site):
    answer = client_of(moved["county"]).get("/api/coverage", {"moment": "1990-05-01"}).json()
    assert (answer["area"]["residents"], answer["rows"], answer["sites"]["count"]) == (None, [], 0)
    assert Client().get(f"/coverage/{moved['county'].area_id}/", {"moment": "1990-05-01"}).status_code == 404


def test_only_sites_that_are_open_by_then_count(peopled, site):
    Site.objects.filter(pk=site.pk).update(
        hours={"sat": [["09:00", "12:00"]], "exceptions": {"2026-01-01/2126-12-31": []}}
    )
    client = client_of(peopled["county"])

    def told(**query):
        answer = client.get("/api/coverage", query).json()
        sites = answer["sites"]
        assert sites["hours_unknown"] == (1 if query.get("moment") else 0), "before the change nobody had told them"
        return answer["area"]["within"][2], sites["count"], sites["closed"]

    assert told() == told(hours="any") == (60, 1, 0)
    assert told(hours="sat-09:00") == (60, 1, 0), "by the regular week, without the exception"
    assert told(hours="sat-12:00") == told(hours="sun-10:00") == (0, 0, 1)
    assert told(hours="then") == (0, 0, 1), "by the exception of that very day"
    assert told(hours="then", moment="2026-01-10") == (0, 0, 0), "who nobody knows to be open does not count"
    lon, lat = at(7.5, 1.6)
    gained = client.get("/api/coverage/what-if", {"lon": lon, "lat": lat, "hours": "sun-10:00"}).json()
    assert gained["residents"]["gained"][2] == 60, "nobody else is open"


def test_gates_are_passed_by_the_same_clock(peopled, site):
    gate = Gate.objects.get(status="inferred")
    gate.open_from, gate.open_until = "08:00", "20:00"
    gate.save()
    client = client_of(peopled["county"])
    Site.objects.filter(pk=site.pk).update(hours={day: [["00:00", "24:00"]] for day in ("wed", "sat")})
    day, night = (
        client.get("/api/coverage", {"hours": hours}).json()["area"]["within"][2]
        for hours in ("wed-12:00", "wed-03:00")
    )
    assert day > night


def test_a_day_and_time_of_the_week_is_the_next_one_by_the_clock_of_the_place(db):
    zone = ZoneInfo("Asia/Shanghai")
    for days in range(8):
        moment = T0 + timedelta(days=days, hours=17)
        when = when_from("mon-00:30", moment=moment, now=moment)
        local = when.at.astimezone(zone)
        assert (local.weekday(), local.hour, local.minute) == (0, 0, 30)
        assert abs((local.date() - moment.astimezone(zone).date()).days) <= 6
