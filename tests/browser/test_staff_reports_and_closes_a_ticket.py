"""Staff drops a pin; the responsible worker signs and handles; the front desk verifies and closes: three people."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, still, until
from tests.files import photos

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Scene:
    """A community with a chief, a worker and a front desk who can sign in, and a place that lies in no compound."""

    reporter: object
    worker: object
    desk: object
    lon: float
    lat: float


@pytest.fixture
def scene(town) -> Scene:
    from django.utils import timezone

    from grids.models import Appointment, Boundary

    now = timezone.now()
    held = Appointment.objects.at(now).filter(person__account__isnull=False, area__tier__code="community")
    people: dict = {}
    for appointment in held.select_related("person__account"):
        people.setdefault(appointment.area_id, {})[appointment.role] = appointment.person.account
    area, found = next(
        (area, found) for area, found in people.items() if {"chief", "worker", "front_desk"} <= set(found)
    )
    ground = Boundary.objects.at(now).get(area_id=area).shape
    for compound in Boundary.objects.at(now).filter(parent_id=area):
        ground = ground.difference(compound.shape.buffer(0.0002))
    spot = shapely.maximum_inscribed_circle(ground).coords[0]
    return Scene(found["chief"], found["worker"], found["front_desk"], *spot)


def press_map(page: Page, scene: Scene) -> None:
    """Press the scene's place on the map, once that stands."""
    x, y = still(page).evaluate("at => wangge.map.toScreen(at)", [scene.lon, scene.lat])
    press = page.locator("#map").tap if page.viewport_size["width"] < 600 else page.locator("#map").click
    press(position={"x": x, "y": y})


def tickets() -> list:
    """Tickets reported since the town was made."""
    from layers.tickets.models import Ticket

    return list(Ticket.objects.filter(channel="staff").order_by("number"))


def drop_pin(page: Page, scene: Scene, category: str, text: str) -> None:
    """From the rail to a filled form, ready to be sent."""
    page.locator("#rail button[data-room=tickets]").click()
    page.locator("#report").click()
    expect(page.locator("#report-categories .chip").first).to_be_visible()
    expect(page.locator("#send-report")).to_be_disabled()
    page.evaluate("([lon, lat]) => wangge.map.setView([lon, lat], 18)", [scene.lon, scene.lat])
    press_map(page, scene)
    expect(page.locator("#report-who")).not_to_be_empty()
    if not page.get_by_role("radio", name=category).is_visible():
        page.locator("#more-categories").click()
    page.get_by_role("radio", name=category).click()
    page.locator("textarea[name=text]").fill(text)
    expect(page.locator("#send-report")).to_be_enabled()


def test_from_pin_to_closure_by_three_people(open_page, scene, tmp_path) -> None:
    words = "<b>路口</b>井盖松动"
    (tmp_path / "lid.jpg").write_bytes(photos.photo("jpeg"))  # says where and by whom it was taken
    staff = open_page("/", size=PHONE, account=scene.reporter)
    drop_pin(staff, scene, "路面破损", words)
    expect(staff.locator("#report-title")).to_contain_text("›")
    staff.locator("input[name=photos]").set_input_files(tmp_path / "lid.jpg")
    expect(staff.locator(".photo-picker .photo")).to_have_count(1)
    staff.locator("#report-external summary").tap()
    staff.locator("input[name=number]").fill("20260305-7")
    staff.locator("#send-report").dblclick()  # where the photo has not arrived yet, the report goes right after it
    expect(staff.locator("#ticket-number")).to_be_visible()
    (ticket,) = tickets()
    assert (ticket.text, ticket.category.code, ticket.state) == (words, "road_damage", "dispatched")
    assert (ticket.external_source, ticket.external_number) == ("12345", "20260305-7")
    assert ticket.point.coords == pytest.approx((scene.lon, scene.lat), abs=2e-5)
    expect(staff.locator(".matter")).to_have_text(words)
    expect(staff.locator(".matter b")).to_have_count(0)
    expect(staff.locator("#rail button[data-room=tickets] .badge")).to_be_visible()

    worker = open_page("/?room=tickets", account=scene.worker)
    entry = worker.locator(f"#ticket-list [data-ticket='{ticket.pk}']")
    expect(entry).to_contain_text("已派单")
    entry.click()
    expect(worker.locator("#ticket-number")).to_have_text(ticket.number)
    until(  # it stands on the map
        worker,
        "([id, place]) => wangge.layers.features(place, 40).some((one) => one.properties.id === id)",
        [str(ticket.pk), list(ticket.point.coords)],
    )
    photo = worker.locator("#panel .photos.seen img")
    expect(photo).to_have_js_property("complete", True)
    expect(photo).not_to_have_js_property("naturalWidth", 0)
    there = [ticket.point.x + 0.0002, ticket.point.y]
    worker.locator("[data-verb=relocate]").click()
    worker.locator("#type-place summary").click()
    worker.locator("input[name=lonlat]").fill(f"{there[0]:.7f}, {there[1]:.7f}")
    worker.locator("#put-pin").click()
    expect(worker.locator("#new-place b")).not_to_be_empty()
    worker.locator("textarea[name=reason]").fill("在路口东侧")
    worker.locator("#confirm-move").click()
    expect(worker.locator("#ticket-events")).to_contain_text("在路口东侧")
    ticket.refresh_from_db()
    assert ticket.point.coords == pytest.approx(there, abs=1e-7)
    for label, state in (("签收", "已签收"), ("开始处置", "处置中"), ("处置完成", "已处置")):
        worker.get_by_role("button", name=label, exact=True).click()
        if label == "处置完成":
            worker.locator("#confirm-move").click()
        expect(worker.locator("#panel header .tag").first).to_have_text(state)
    expect(worker.locator("#panel .foot button")).to_have_count(0)

    desk = open_page("/?room=tickets", account=scene.desk)
    desk.locator(f"#ticket-list [data-ticket='{ticket.pk}']").click()
    desk.get_by_role("button", name="核查通过", exact=True).click()
    expect(desk.locator("#panel header .tag").first).to_have_text("已核查")
    desk.get_by_role("button", name="办结", exact=True).click()
    expect(desk.locator("#panel header .tag").first).to_have_text("已办结")
    expect(desk.locator("#ticket-events li")).to_have_count(9)
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    assert [event.verb for event in ticket.events.order_by("seq")] == [
        "report", "accept", "dispatch", "relocate", "sign", "start", "handle", "verify", "close",
    ]  # fmt: skip


def chosen_route(page: Page, answers: list, outages: list) -> None:
    """Sending a report fails as long as an outage stands in the list; the keys it was sent under are noted."""

    def send(route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        answers.append(route.request.headers["idempotency-key"])
        outage = outages.pop(0) if outages else None
        if outage == "network":
            route.abort("connectionfailed")  # as when the phone loses its network
        elif outage == "answer":
            route.fetch()  # the server has it, its answer is lost
            route.abort("connectionfailed")
        else:
            route.continue_()

    page.route(re.compile(r"/api/tickets$"), send)


def test_what_cannot_be_sent_waits_and_is_stored_once(open_page, scene, complaints) -> None:
    complaints.allow("ERR_CONNECTION_FAILED|401")
    page = open_page("/", account=scene.reporter)
    answers: list = []
    outages = ["network", "answer"]
    chosen_route(page, answers, outages)
    drop_pin(page, scene, "垃圾堆积", "楼道里的垃圾")
    page.reload()  # as after a crash: the form comes back as it was left
    expect(page.locator("textarea[name=text]")).to_have_value("楼道里的垃圾")
    expect(page.get_by_role("radio", name="垃圾堆积")).to_be_checked()
    expect(page.locator("#send-report")).to_be_enabled()

    page.evaluate("document.querySelector('#send-report').click(); document.querySelector('#send-report').click();")
    expect(page.locator("#waiting-list li")).to_contain_text("连不上服务器")
    assert tickets() == []
    page.locator("#panel .close").click()
    expect(page.locator("#waiting-note")).to_contain_text("1")
    page.locator("#waiting-note button").click()
    page.locator("#send-waiting").click()  # stored, but nobody is told
    expect(page.locator("#waiting-list li")).to_have_count(1)
    page.reload()  # the page sends by itself what waits
    expect(page.locator("#waiting-list")).to_contain_text("全部已发送")
    assert len(tickets()) == 1
    assert len(set(answers)) == 1
    assert len(answers) == 3

    cookies = page.context.cookies()
    page.goto("/")
    drop_pin(page, scene, "噪声扰民", "")
    page.context.clear_cookies(name="sessionid")  # the sign-in runs out while the form is open
    page.locator("#send-report").click()
    expect(page.locator("#waiting-list a")).to_have_attribute("href", re.compile("^/accounts/login/"))
    assert len(tickets()) == 1
    page.context.add_cookies(cookies)
    page.goto("/?room=tickets&report=waiting")
    expect(page.locator("#waiting-list")).to_contain_text("全部已发送")
    assert len(tickets()) == 2


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_on_a_phone_by_gps(open_page, scene, language) -> None:
    page = open_page(None, size=PHONE, language=language, account=scene.worker)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": scene.lon, "latitude": scene.lat, "accuracy": 6})
    page.goto("/?room=tickets&report=new")
    page.locator("#use-gps").tap()
    expect(page.locator("#report-chain")).to_contain_text("GPS ±6")
    expect(page.locator("#report-who")).not_to_be_empty()
    page.locator("#report-categories .chip").first.tap()
    page.locator("#report-caller summary").tap()
    page.locator('input[name="caller.phone"]').fill("13800001234")
    page.locator('input[name="caller.name"]').fill("王女士")  # leaving the number asks nothing a worker may not ask
    page.locator("#send-report").tap()
    expect(page.locator("#ticket-number")).to_be_visible()
    expect(page.locator("#reporter")).to_contain_text("138****1234")
    (ticket,) = tickets()
    assert ticket.accuracy_m == 6
    sign = {"zh-hans": "签收", "en": "Sign for it"}[language]
    page.get_by_role("button", name=sign, exact=True).tap()
    expect(page.locator("#panel header .tag").first).to_have_text({"zh-hans": "已签收", "en": "signed for"}[language])
    expect(page.locator("#panel .foot button").first).to_be_in_viewport()


def test_typed_coordinates_and_what_is_wrong_with_them(open_page, scene) -> None:
    page = open_page("/?room=tickets&report=new", size=DESKTOP, language="en", account=scene.reporter)
    page.locator("#type-place summary").click()
    page.locator("input[name=lonlat]").fill(f"{scene.lat}, {scene.lon}")
    page.locator("#put-pin").click()
    expect(page.locator("#type-place [data-field=lonlat] .field-error")).to_contain_text("swapped")
    page.locator("input[name=lonlat]").fill(f"{scene.lon}, {scene.lat}")
    page.locator("#put-pin").click()
    expect(page.locator("#report-who")).to_contain_text("Person in charge")
    expect(page.locator("#type-place [data-field=lonlat] .field-error")).to_be_hidden()


def test_a_far_place_is_told_and_cannot_be_sent(open_page, scene, complaints) -> None:
    complaints.allow("422")
    page = open_page("/?room=tickets&report=new", language="en", account=scene.reporter)
    page.locator("#report-categories .chip").first.click()
    page.locator("#type-place summary").click()
    page.locator("input[name=lonlat]").fill("2.35, 48.85")
    page.locator("#put-pin").click()
    expect(page.locator("#panel p[role=alert]")).to_contain_text("km from")
    expect(page.locator("#send-report")).to_be_disabled()


def test_two_people_with_one_ticket_the_second_is_told(open_page, scene, complaints) -> None:
    complaints.allow("409")
    page = open_page("/", account=scene.reporter)
    drop_pin(page, scene, "路灯不亮", "")
    page.locator("#send-report").click()
    expect(page.locator("#ticket-number")).to_be_visible()
    other = open_page(f"/?room=tickets&ticket={tickets()[0].pk}", account=scene.worker)
    expect(other.get_by_role("button", name="签收", exact=True)).to_be_visible()
    page.get_by_role("button", name="签收", exact=True).click()
    expect(page.locator("#panel header .tag").first).to_have_text("已签收")
    other.get_by_role("button", name="签收", exact=True).click()
    expect(other.locator("#panel .problem")).to_contain_text("开始处置")
    expect(other.locator("#panel header .tag").first).to_have_text("已签收")


def test_a_return_asks_for_its_reason(open_page, scene, complaints) -> None:
    complaints.allow("422")
    page = open_page("/", account=scene.worker)
    drop_pin(page, scene, "路灯不亮", "")
    page.locator("#send-report").click()
    page.get_by_role("button", name="退单", exact=True).click()
    page.locator("#confirm-move").click()
    expect(page.locator("#reason-form [data-field=reason] .field-error")).to_be_visible()
    page.locator("textarea[name=reason]").fill("不属于本社区")
    page.locator("#confirm-move").click()
    expect(page.locator("#reason-form [data-field=reason_code] .field-error")).to_be_visible()
    page.locator("select[name=reason_code]").select_option("return_other")
    page.locator("#confirm-move").click()
    expect(page.locator("#panel header .tag").first).to_have_text("已退单")
    expect(page.locator("#ticket-events")).to_contain_text("不属于本社区")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-hans"), (PHONE, "en")])
def test_axe_finds_nothing_serious_in_list_form_and_ticket(open_page, scene, size, language) -> None:
    page = open_page("/?room=tickets&view=area", size=size, language=language, account=scene.worker)
    expect(page.locator("#ticket-list li").first).to_be_visible()
    assert serious(page) == []
    page.locator("#ticket-list button.item").first.click()
    expect(page.locator("#ticket-events")).to_be_attached()
    assert serious(page) == []
    page.evaluate("wangge.state.set({report: 'new', ticket: null})")
    expect(page.locator("#report-categories .chip").first).to_be_visible()
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{item['id']}: {item['help']} {[node['html'][:150] for node in item['nodes'][:3]]}"
        for item in found
        if item["impact"] in {"serious", "critical"}
    ]


def test_without_sign_in_there_are_no_tickets(open_page) -> None:
    page = open_page("/?room=tickets")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#rail button[data-room=tickets]")).to_have_count(0)
    assert page.request.get("/tiles/tickets/13/0/0.mvt").status in {401, 403, 404}
    assert page.request.get("/api/tickets").status == 401
