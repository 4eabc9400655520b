"""The pictures of the README, taken from a running server on the sample town: nobody in them is real.

    PLACE=town .venv/bin/python -m tests.pictures http://127.0.0.1:8000 [NAME …]

writes docs/pictures/NAME.png, with few colours, so that they stay small. It signs in as the demo accounts by itself.
"""

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
COLOURS = 256


def nothing(page: Page) -> None:
    """The picture is the page as it opens."""


@dataclass(frozen=True)
class Shot:
    """One picture: its address (`{centre}` and the like are filled in), who looks, how wide, and what is done first."""

    address: str
    role: str = ""
    size: ViewportSize = field(default_factory=lambda: DESK)
    before: Callable[[Page], None] = nothing


def places() -> dict[str, str]:
    """Ids and places of the sample town that addresses name."""
    from grids.models import Appointment, Boundary
    from layers.sites.models import Site

    centre = Site.objects.filter(kind__code="community_centre", name_zh__contains="钟楼").first()
    county = Site.objects.get(kind__code="county_centre")
    chief = Appointment.objects.filter(role="chief", is_demo=True, area__tier__code="compound").order_by("pk").first()
    assert centre
    assert chief
    ground = Boundary.objects.get(area=chief.area_id, valid_until=None).geometry.centroid
    return {
        "centre": str(centre.pk), "at_centre": f"{centre.geometry.x:.6f},{centre.geometry.y:.6f}",
        "at_county": f"{county.geometry.x:.6f},{county.geometry.y:.6f}", "compound": str(chief.area_id),
        "at_compound": f"{ground.x:.6f},{ground.y:.6f}",
    }  # fmt: skip


def cookie_of(role: str) -> str:
    """The key of a session as the first demo account that holds a role."""
    from django.test import Client

    from grids.models import Appointment

    post = Appointment.objects.filter(role=role, person__account__isnull=False).order_by("pk").first()
    assert post
    assert post.person
    client = Client()
    client.force_login(post.person.account)
    return client.cookies["sessionid"].value


def tap_middle(page: Page) -> None:
    """Put the pin of a report into the middle of what can be seen of the map."""
    page.touchscreen.tap(195, 250)
    expect(page.locator("#send-report")).to_be_visible()
    page.locator("#report-categories .chip").first.tap()
    expect(page.locator("#send-report")).to_be_enabled()


SHOTS: dict[str, Shot] = {
    "town": Shot("/?at={at_county},16"),
    "planner": Shot("/?room=services&site={centre}", "planner"),
    "coverage": Shot("/?room=services&view=coverage&tier=community", "planner"),
    "hotspots": Shot("/?room=hotspots", "analyst"),
    "site": Shot("/sites/{centre}/", size=ViewportSize(width=900, height=1200)),
    "staff": Shot("/?room=tickets&report=new&at={at_compound},17", "worker", PHONE, tap_middle),
    "today": Shot("/?room=today", "chief", PHONE),
}


def take(base: str, names: list[str]) -> None:
    """Take the pictures named, or all."""
    told = places()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names or SHOTS:
            shot = SHOTS[name]
            phone = shot.size is PHONE
            context = browser.new_context(
                viewport=shot.size, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce",
                is_mobile=phone, has_touch=phone, device_scale_factor=2 if phone else 1,
            )  # fmt: skip
            context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": base}])
            if shot.role:
                context.add_cookies([{"name": "sessionid", "value": cookie_of(shot.role), "url": base}])
            page = context.new_page()
            page.goto(base + shot.address.format(**told))
            page.wait_for_load_state("networkidle")
            shot.before(page)
            page.wait_for_load_state("networkidle")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            file = FOLDER / f"{name}.png"
            picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
                file, optimize=True
            )
            print(f"{file.relative_to(FOLDER.parents[1])}: {file.stat().st_size // 1000} kB")
            context.close()
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread that asks the database
    django.setup()
    take(sys.argv[1].rstrip("/"), sys.argv[2:])
