"""Households beside residents in coverage: counted where they are known, told as unknown where they are not."""

import csv
import io

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from grids.models import AgeBand, Population
from layers.coverage import settling
from tests.coverage.askers import client_of
from tests.coverage.test_place_api import ask, row_of, settle
from tests.grids.ground import T0, put, square

pytestmark = pytest.mark.django_db


def test_households_stand_beside_residents_and_unknown_ones_are_unknown(peopled, site):
    settle()
    client = client_of(peopled["county"])
    answer = ask(client, tier="compound").json()
    area = answer["area"]
    assert (area["households"], area["households_within"], area["households_outside"]) == (64, [0, 23, 23], 41)
    assert (area["households_share"], area["households_unknown"]) == ([0.0, 0.3594, 0.3594], 0)
    assert [row_of(answer, peopled[name])["households"] for name in ("left", "right")] == [41, 23]
    rows = list(csv.DictReader(io.StringIO(client.get("/api/coverage/file.csv").content.decode("utf-8-sig"))))
    (left,) = [row for row in rows if row["id"] == str(peopled["left"].area_id)]
    assert (left["households"], left["households_within_15"], left["grids_without_households"]) == ("41", "0", "0")
    assert [gap["households"] for gap in answer["gaps"]] == [41]
    assert ask(Client()).json()["area"]["households"] is None
    Population.objects.filter(area=peopled["left house"].area).update(households=None)
    settle()
    answer = ask(client).json()
    area = answer["area"]
    assert (area["households"], area["households_unknown"], area["residents"]) == (23, 1, 160)
    assert [gap["households"] for gap in answer["gaps"]] == [None], "those who are missed were not counted"
    house = put("building", square(3.4, 2.8, 0.2), peopled["left"], code="99000100100100302", name_zh="左二楼")
    Population.objects.create(
        area=house.area, age_band=AgeBand.objects.get(code="18-59"), residents=10, households=6, source="test",
        valid_from=T0,
    )  # fmt: skip
    settle()
    for gaps in (ask(client).json()["gaps"], client.get("/api/circles", {"site": site.pk}).json()["gaps"]):
        assert [(gap["residents"], gap["households"]) for gap in gaps] == [(110, None)], "of ten alone it is known"
    Population.objects.update(households=None)
    settle()
    area = ask(client).json()["area"]
    assert (area["households"], area["households_within"], area["households_unknown"]) == (None, None, None)
    rows = list(csv.DictReader(io.StringIO(client.get("/api/coverage/file.csv").content.decode("utf-8-sig"))))
    assert {row["households"] for row in rows} == {""}, "unknown is empty, never 0"


def test_a_settlement_of_an_earlier_release_knows_no_households(peopled, site):
    land = settling.gather(moment=timezone.now())
    file = io.BytesIO()
    with np.load(io.BytesIO(settling.pack(land))) as packed:
        np.savez(file, **{name: packed[name] for name in packed.files if name not in settling.LATER})
    old = settling.unpack(file.getvalue())
    assert (old.homes < 0).all()
    assert (old.parts == land.parts).all()
    assert (settling.unpack(settling.pack(land)).homes == land.homes).all()
