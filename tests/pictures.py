"""The pictures of the README, taken from a running server on the sample town: nobody in them is real.

    PLACE=town .venv/bin/python -m tests.pictures http://127.0.0.1:8000 [NAME …]

writes docs/pictures/NAME.png, with few colours, so that they stay small. It signs in as the demo accounts by itself.
Of a place that was opened from an extract of north-west Moscow (PLACE=moscow) it takes the picture of a real place.
"""

import io
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from shapely.ops import nearest_points

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
COLOURS = 256

Told = dict[str, str]
Position = tuple[float, float]


def nothing(page: Page, told: Told) -> None:
    """The picture is the page as it opens."""


@dataclass(frozen=True)
class Shot:
    """One picture: its address (`{centre}` and the like are filled in), who looks, how wide, what is done around it."""

    address: str
    account: str = ""
    size: ViewportSize = field(default_factory=lambda: DESK)
    before: Callable[[Page, Told], None] = nothing
    after: Callable[[Page, Told], None] = nothing


def places() -> Told:
    """Ids and places of the sample town that addresses name."""
    from grids.models import Appointment, Boundary
    from layers.sites.models import Site

    centre = Site.objects.filter(kind__code="community_centre", name_zh__contains="钟楼").first()
    county = Site.objects.get(kind__code="county_centre")
    chief = Appointment.objects.get(role="chief", person__account__username="chief")
    assert centre
    home = Boundary.objects.get(area=chief.area_id, valid_until=None)
    ground = home.shape.centroid
    return {
        "centre": str(centre.pk), "at_centre": f"{centre.geometry.x:.6f},{centre.geometry.y:.6f}",
        "at_county": f"{county.geometry.x:.6f},{county.geometry.y:.6f}", "compound": str(chief.area_id),
        "at_compound": f"{ground.x:.6f},{ground.y:.6f}",
        "across": " ".join(f"{x:.7f},{y:.7f}" for x, y in across(home)),
    }  # fmt: skip


def across(home: Any) -> list[Position]:
    """Corners (longitude, latitude) of a house that leaves a compound and lies on the building nearest to its edge."""
    from grids.models import Boundary

    edge = home.shape.boundary
    near = min((one.shape.centroid for one in Boundary.objects.still().filter(parent=home.area_id)), key=edge.distance)
    foot = nearest_points(edge, near)[0]
    scale = math.cos(math.radians(near.y))
    east, north = 1.4 * (foot.x - near.x), 1.4 * (foot.y - near.y)
    aside = (north / scale, -east * scale)
    start, end = (near.x, near.y), (near.x + east, near.y + north)
    return [start, end, (end[0] + aside[0], end[1] + aside[1]), (start[0] + aside[0], start[1] + aside[1])]


def cookie_of(name: str) -> str:
    """The key of a session as the demo account of that name."""
    from django.test import Client

    from gis.accounts.models import Account

    client = Client()
    client.force_login(Account.objects.get(username=name, is_demo=True))
    return client.cookies["sessionid"].value


def tap_middle(page: Page, told: Told) -> None:
    """Put the pin of a report into the middle of what can be seen of the map."""
    page.touchscreen.tap(195, 250)
    expect(page.locator("#send-report")).to_be_visible()
    page.locator("#report-categories .chip").first.tap()
    expect(page.locator("#send-report")).to_be_enabled()


def draw_across(page: Page, told: Told) -> None:
    """Begin to draw a building and go wrong: over the compound's edge, and over another building."""
    corners = [tuple(map(float, at.split(","))) for at in told["across"].split()]
    page.locator("#panel .foot .primary").click()
    expect(page.locator("#tools")).to_be_visible()
    middle = [sum(values) / len(corners) for values in zip(*corners, strict=True)]
    page.evaluate("([at, zoom]) => wangge.map.setView(at, zoom)", [middle, 20])
    expect(page.locator("#map")).to_have_attribute("data-still", "true")
    box = page.locator("#map").bounding_box()
    assert box
    for corner in [*corners, corners[0]]:
        x, y = page.evaluate("(at) => wangge.map.toScreen(at)", corner)
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(400)  # two presses at once are a double one
        page.mouse.click(box["x"] + x, box["y"] + y)
    expect(page.locator("#panel .tag.red")).to_be_visible()


def throw_away(page: Page, told: Told) -> None:
    """Leave no draft behind: the next picture would begin with it."""
    page.get_by_role("button", name="放弃").click()
    expect(page.locator("#tools")).to_be_hidden()


SHOTS: dict[str, Shot] = {
    "town": Shot("/?at={at_county},16"),
    "planner": Shot("/?room=services&site={centre}", "planner"),
    "coverage": Shot("/?room=services&view=coverage&tier=community", "planner"),
    "hotspots": Shot("/?room=hotspots", "analyst"),
    "site": Shot("/sites/{centre}/", size=ViewportSize(width=900, height=1200)),
    "staff": Shot("/?room=tickets&report=new&at={at_compound},17", "worker", PHONE, tap_middle),
    "today": Shot("/?room=today", "leader", PHONE),
    "chief": Shot("/?room=grids&area={compound}", "chief", before=draw_across, after=throw_away),
}
REAL: dict[str, Shot] = {"moscow": Shot("/?at=37.5885,55.8163,16")}


def take(base: str, names: list[str]) -> None:
    """Take the pictures named, or all."""
    from gis.catalogue.models import Place

    sample = Place.objects.get().kind == Place.Kind.SAMPLE
    told, shots = (places(), SHOTS) if sample else ({}, REAL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names or shots:
            shot = shots[name]
            phone = shot.size is PHONE
            context = browser.new_context(
                viewport=shot.size, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce",
                is_mobile=phone, has_touch=phone, device_scale_factor=2 if phone else 1,
            )  # fmt: skip
            context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": base}])
            if shot.account:
                context.add_cookies([{"name": "sessionid", "value": cookie_of(shot.account), "url": base}])
            page = context.new_page()
            page.goto(base + shot.address.format(**told))
            page.wait_for_load_state("networkidle")
            shot.before(page, told)
            page.wait_for_load_state("networkidle")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            file = FOLDER / f"{name}.png"
            picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
                file, optimize=True
            )
            print(f"{file.relative_to(FOLDER.parents[1])}: {file.stat().st_size // 1000} kB")
            shot.after(page, told)
            context.close()
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread that asks the database
    django.setup()
    take(sys.argv[1].rstrip("/"), sys.argv[2:])
