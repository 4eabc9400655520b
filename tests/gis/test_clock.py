"""Local times are the place's: what is typed, what is stored and what the page shows agree."""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from gis.catalogue.models import Place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "noon", "end"),
    [
        ("Asia/Shanghai", datetime(2026, 3, 5, 4, tzinfo=UTC), datetime(2026, 3, 5, 15, 59, 59, 999999, UTC)),
        ("America/New_York", datetime(2026, 3, 5, 17, tzinfo=UTC), datetime(2026, 3, 6, 4, 59, 59, 999999, UTC)),
    ],
)
def test_a_moment_is_read_by_the_clock_of_the_place(client: Client, zone: str, noon: datetime, end: datetime) -> None:
    Place.objects.create(name_zh="试", kind=Place.Kind.EMPTY, time_zone=zone)
    for text, meant in (("2026-03-05T12:00", noon), ("2026-03-05", end)):
        told = client.get("/api/locate", {"lon": 1, "lat": 1, "moment": text}).json()
        assert datetime.fromisoformat(told["moment"]) == meant.replace(microsecond=meant.microsecond // 1000 * 1000)
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"


def test_without_a_place_the_server_s_own_clock_counts(client: Client) -> None:
    told = client.get("/api/locate", {"lon": 1, "lat": 1, "moment": "2026-03-05T12:00"}).json()
    assert datetime.fromisoformat(told["moment"]) == datetime(2026, 3, 5, 4, tzinfo=UTC)


def test_a_database_that_is_away_stays_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("gis.catalogue.models.Place.objects.values_list", away)
    monkeypatch.setattr("layers.sites.api.SiteThen.objects.at", away)
    assert client.get("/api/sites").status_code == 503
