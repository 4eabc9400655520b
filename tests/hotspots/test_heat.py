"""The picture of densities: where it is dark, what it counts, who sees what; and neighbours on foot."""

import base64
import io
from types import SimpleNamespace

import numpy as np
from PIL import Image

from layers.hotspots import walking
from layers.streets.walking import WalkingNetwork
from layers.tickets.spots import code_of
from layers.tickets.strewn import columns_and_rows
from tests.hotspots.conftest import PLANTED, SCATTERED, SPOT
from tests.tickets.conftest import IN_WEST

DOOR = "/api/hotspots/heat"


def level(told: dict, lon: float, lat: float) -> int:
    """The step of the ramp (0: nothing drawn) of a place in a picture."""
    image = Image.open(io.BytesIO(base64.b64decode(told["picture"].partition(",")[2])))
    west, south, east, north = told["bbox"]
    column = int((lon - west) / (east - west) * image.width)
    row = int((north - lat) / (north - south) * image.height)  # so small a place: latitudes are nearly even
    return image.getpixel((column, row))


def test_codes_come_apart_as_they_were_put_together() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 2**26, 200), rng.integers(0, 2**26, 200)
    codes = np.array([code_of(int(a), int(b), 26) for a, b in zip(x, y, strict=True)])
    columns, rows = columns_and_rows(codes)
    assert (columns == x).all()
    assert (rows == y).all()


def test_it_is_darkest_where_most_was_reported_and_says_what_that_means(as_) -> None:
    told = as_("planner").get(DOOR).json()
    assert told["tickets"] == SCATTERED + PLANTED
    assert level(told, *SPOT) == 5
    assert level(told, *IN_WEST) < 3
    assert [step["from"] for step in told["steps"]] == sorted(step["from"] for step in told["steps"])
    assert told["peak_per_km2"] > told["steps"][-1]["from"] > 0
    lamps = as_("planner").get(f"{DOOR}?category=street_lamp&kernel=50").json()
    assert (lamps["tickets"], lamps["kernel_m"]) == (PLANTED, 50)
    assert lamps["peak_per_km2"] > told["peak_per_km2"] / 2


def test_nothing_reported_is_an_empty_picture_and_no_division(as_) -> None:
    told = as_("planner").get(f"{DOOR}?since=2030-01-01").json()
    assert (told["tickets"], told["peak_per_km2"]) == (0, 0)
    assert level(told, *SPOT) == 0


def test_it_shows_nobody_more_than_the_own_ground(as_, ground) -> None:
    own = as_("west_chief").get(DOOR).json()
    assert own["tickets"] < SCATTERED
    assert own["bbox"][2] < SPOT[0]
    assert as_("west_chief").get(f"{DOOR}?area={ground.areas['east']}").status_code == 403
    refused = as_("planner").get(f"{DOOR}?kernel=1")
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["kernel"])
    wider = as_("planner").get(f"{DOOR}?kernel=20000")
    assert (wider.status_code, list(wider.json()["fields"])) == (422, ["kernel"]), "wider than all that is drawn"


def two_streets() -> SimpleNamespace:
    """Two streets 40 m apart that meet 300 m to the east."""
    lines = [np.array([[0.0, 0], [300, 0]]), np.array([[0.0, 40], [300, 40]]), np.array([[300.0, 0], [300, 40]])]
    network = WalkingNetwork.from_lines(32649, 4, np.array([0, 2, 1]), np.array([1, 3, 3]), lines)
    return SimpleNamespace(walking=network, metres=lambda xy: xy)


def test_who_lives_across_the_water_is_no_neighbour_on_foot(monkeypatch) -> None:
    monkeypatch.setattr(walking.network, "current", two_streets)
    middles = np.array([[0.0, 0], [100, 0], [0, 40], [290, 5], [290, 35], [5000, 5000]])
    near = walking.on_foot(middles, 150)
    lists = [sorted(near.cells[a:b].tolist()) for a, b in zip(near.first[:-1], near.first[1:], strict=True)]
    assert lists == [[1], [0], [], [4], [3], []], "0 and 2: 40 m apart, 640 m on foot; the last: off the streets"


def test_without_streets_it_is_said(as_) -> None:
    refused = as_("planner").get("/api/hotspots?cells=community&neighbours=walking")
    assert (refused.status_code, refused.json()["code"]) == (409, "no-network")


def test_one_cell_equal_cells_and_cells_that_stand_alone_are_told(as_) -> None:
    one = as_("planner").get("/api/hotspots?cells=county&neighbours=touching").json()["summary"]
    assert (one["compared"], one["alone"], one["hot"]) == (1, 1, 0)
    none = as_("planner").get("/api/hotspots?since=2030-01-01").json()["summary"]
    assert (none["tickets"], none["constant"], none["hot"], none["cold"]) == (0, True, 0, 0)
