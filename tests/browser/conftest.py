"""A real Chromium on a real server with the sample town: a fresh copy of the town for every test that writes.

Tests that only look are marked `reads` (a whole module, say; then `writes` marks who does not): they share a copy.

A browser test asks for `desktop` or `phone` (a page, not signed in), or for `open_page(…)`. It must not ask for `db`:
the server runs in threads of this process, on a database of its own, so the ORM sees what the server wrote.
Any console error and any request to another host fails the test; an expected error is named with
`complaints.allow("422")`.

What must come is awaited: `expect(…)` for the page, `until(page, …)` for anything else, `still(page)` before a place on
the map is pressed or the address is read. Nothing that glides, and nothing that is asked for, is there at once.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gis.setup.system import BROWSERS
from tests.browser.databases import Databases, standing

expect.set_options(timeout=40_000)  # what is asserted must come, but a busy machine may be slow to show it

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",  # root has none; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker("browser")
            if looks(item) and not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(item.path.stem))  # one process, and so one copy of the town


def looks(item: pytest.Item) -> bool:
    """Whether this test only reads."""
    return item.get_closest_marker("reads") is not None and item.get_closest_marker("writes") is None


class Complaints:
    """What a page did that a page must not do: errors on its console, requests to other hosts."""

    def __init__(self, host: str) -> None:
        self.host, self.found, self.allowed = host, [], []

    def allow(self, pattern: str) -> None:
        """Expect console errors that match this regular expression."""
        self.allowed.append(re.compile(pattern))

    def add(self, text: str) -> None:
        self.found.append(text)

    def request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.add(f"request to another host: {url}")

    def watch(self, page: Page) -> None:
        """Listen to one page."""
        page.on("console", lambda message: message.type == "error" and self.add(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.add(f"uncaught: {error}"))
        page.on("request", lambda request: self.request(request.url))

    def unexpected(self) -> list[str]:
        return [text for text in self.found if not any(pattern.search(text) for pattern in self.allowed)]


def still(page: Page) -> Page:
    """Wait until the map stands and the address says where; returns the page."""
    expect(page.locator("#map")).to_have_attribute("data-still", "true")
    return page


def ready(page: Page) -> Page:
    """Wait until the page is up, the first areas are drawn and the map stands; returns the page."""
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    expect(page.locator("#crumbs a").first).to_be_attached()
    return still(page)


def until(page: Page, expression: str, arg: object = None) -> None:
    """Wait until an expression, or a function of `arg`, is true on the page; asks by the clock, for frames may rest.

    As a function in any case: a mere expression is read anew each time it is asked, which the page's policy forbids
    from the second time on.
    """
    function = expression if re.match(r"\(.*?\) =>", expression) else f"() => ({expression})"
    page.wait_for_function(function, arg=arg, polling=100)


def press(page: Page, lonlat: list[float]) -> None:
    """Press a place on the map, by mouse or by finger: in the middle of what no panel covers, once it stands there."""
    still(page).evaluate("([lon, lat]) => wangge.map.fit([lon - 1e-3, lat - 1e-3, lon + 1e-3, lat + 1e-3])", lonlat)
    until(page, "(at) => Math.hypot(...at.map((value, i) => value - wangge.map.middle()[i])) < 1e-4", lonlat)
    x, y = still(page).evaluate("(at) => wangge.map.toScreen(at)", lonlat)
    box = page.locator("#map").bounding_box()
    here = (box["x"] + x, box["y"] + y)
    if page.viewport_size["width"] < 600:
        page.touchscreen.tap(*here)
    else:
        page.mouse.click(*here)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium, driven by Playwright (which brings no browser of its own here)."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "no Chromium on this machine: install the package chromium, or set CHROMIUM to its path"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread that uses the ORM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
        # Django keeps the connections made while Playwright's loop runs apart from all others: nobody closes them later
        connections.close_all()


@pytest.fixture(scope="session")
def static_files(tmp_path_factory) -> Iterator[None]:
    """Collect the static files under their hashed names, as on a server, and serve those."""
    from django.core.management import call_command
    from django.test import override_settings

    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static")):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session")
def databases(django_db_setup, django_db_blocker) -> Iterator[Databases]:
    """Where there are only browser tests, pytest-django sees none that wants a database and makes none: then we do.

    Without it these tests would work on the place's own database.
    """
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = None
        if not connection.settings_dict["NAME"].startswith("test_"):
            made = setup_databases(verbosity=0, interactive=False, aliases={"default"}, serialized_aliases=set())
        databases = Databases()
        yield databases
        databases.beside.shutdown()
        for dropped in databases.dropped:
            dropped.result()
        if made:
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def town_database(databases) -> Iterator[str]:
    """A database with the whole sample town and a demo account for each role, made once a run."""
    with databases.place("town", ("make_town",), ("demo_accounts",)) as name:
        yield name


@pytest.fixture(scope="module")
def seen_town(databases, town_database) -> Iterator[str]:
    """A copy of the town for all tests of a module that only read (`@pytest.mark.reads`)."""
    name = f"{databases.first}_seen{next(databases.cases)}"
    databases.copy(town_database, name)
    yield name
    databases.drop_beside(name)


@pytest.fixture
def town(request, databases, django_db_blocker) -> Iterator[None]:
    """This test's own copy of the town, or the module's where it `reads`; the ORM and the server both work on it."""
    reads = looks(request.node)
    source = request.getfixturevalue("seen_town" if reads else "town_database")
    name = source if reads else f"{databases.first}_case{next(databases.cases)}"
    with django_db_blocker.unblock():
        if not reads:
            databases.copy(source, name)
        databases.use(name)
        before = standing() if reads else []
        yield
        after = standing() if reads else []
        databases.use(databases.first)
        if not reads:
            databases.drop_beside(name)
    assert after == before, "this test writes: mark it so (pytest.mark.writes)"


@pytest.fixture
def server(town, static_files) -> Iterator[str]:
    """The address of a running server on this test's town, e.g. http://localhost:40123."""
    from django.core.cache import cache
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import LiveServerThread

    class Server(ThreadedWSGIServer):
        def serve_forever(self, poll_interval: float = 0.02) -> None:  # so long it takes to end it
            super().serve_forever(poll_interval)

    cache.clear()
    thread = LiveServerThread("localhost", static_handler=lambda application: application)
    thread.server_class = Server
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


@pytest.fixture
def complaints(server) -> Iterator[Complaints]:
    """Watches every page of this test, and fails it at the end for what it should not have done."""
    complaints = Complaints(urlsplit(server).netloc)
    yield complaints
    assert not complaints.unexpected(), "\n".join(complaints.unexpected())


@pytest.fixture
def open_page(chromium, server, complaints) -> Iterator[Callable[..., Page]]:
    """`open_page(path="/", size=DESKTOP, language="zh-hans", account=None)`: a page in a browser of its own.

    `account` is an Account to be signed in as; two calls give two people. Nothing glides, unless `motion` is true.
    """
    contexts: list[BrowserContext] = []

    def open_one(path: str = "/", *, size=None, language: str = "zh-hans", account=None, motion: bool = False) -> Page:
        size = size or DESKTOP
        phone = size["width"] < 600
        context = chromium.new_context(
            base_url=server,
            viewport=size,
            locale={"zh-hans": "zh-CN"}.get(language, language),
            has_touch=phone,
            is_mobile=phone,
            timezone_id="Asia/Shanghai",
            reduced_motion="no-preference" if motion else "reduce",
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        cookies = [{"name": "django_language", "value": language, "url": server}]
        if account is not None:
            cookies.append({"name": "sessionid", "value": session_of(account), "url": server})
        context.add_cookies(cookies)
        page = context.new_page()
        complaints.watch(page)
        if path:
            page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()


def session_of(account) -> str:
    """A signed-in session's key for this account."""
    from django.test import Client

    client = Client()
    client.force_login(account)
    return client.cookies["sessionid"].value


@pytest.fixture
def account_of(town) -> Callable[..., object]:
    """`account_of("chief", code="…")`: the demo account that holds this role (on the area with that code)."""
    from grids.models import Appointment

    def find(role: str, *, code: str | None = None):
        found = Appointment.objects.filter(role=role, person__account__isnull=False)
        if code is not None:
            found = found.filter(area__boundary__code=code)
        first = found.order_by("pk").select_related("person__account").first()
        assert first is not None, f"no demo account for role {role} {code or ''}"
        return first.person.account

    return find


@pytest.fixture
def desktop(open_page) -> Page:
    """The map at 1440 × 900, in Chinese, not signed in."""
    return open_page(size=DESKTOP)


@pytest.fixture
def phone(open_page) -> Page:
    """The map at 390 × 844, in Chinese, not signed in."""
    return open_page(size=PHONE)


@pytest.fixture
def jobs_done(server) -> Iterator[None]:
    """Long work is done beside the test, as a worker would do it; without this fixture jobs wait."""
    from django.db import connection

    from gis.jobs.models import Job
    from gis.jobs.running import execute

    end = threading.Event()

    def work() -> None:
        while not end.wait(0.1):
            for pk in Job.objects.filter(state="queued").values_list("pk", flat=True):
                execute(pk)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    end.set()
    thread.join(60)
