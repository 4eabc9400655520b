"""A planner brings in how many live where: looks at what cannot be read, puts a column right, stores it once."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_visitor_looks_at_the_map import ready, serious


def test_residents_come_in_from_a_phone_in_english(open_page, account_of, jobs_done, town, tmp_path) -> None:
    from django.utils import timezone

    from grids.models import Boundary, Population

    now = timezone.now()
    one, two = Boundary.objects.at(now).of_tier("unit").order_by("code")[:2]
    path = tmp_path / "people.csv"
    path.write_text(
        f"编码,甲,居民数,80+,户数\n{one.code},900,31,4,13\n{two.code},900,28,,\n1,900,5,,\n{two.code},900,很多,,\n",
        encoding="gb18030",
    )
    page = open_page("/?room=data", size=PHONE, language="en", account=account_of("planner"))
    ready(page)
    page.get_by_role("button", name="Import residents from a file").click()
    page.locator("input[name=file]").set_input_files(path)
    assert serious(page) == []
    page.locator(".foot .primary").press("Enter")
    expect(page.get_by_text("59 residents", exact=True)).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("Households13")
    expect(page.locator("#panel")).to_contain_text("Lines without a number of households1")
    expect(page.get_by_text("2 lines are left out")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("Line 4 No area has the code “1”.")
    expect(page.locator("#panel")).to_contain_text("“很多” is no number of residents.")
    assert serious(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="All of them as a file").press("Enter")
    assert taken.value.path().read_text(encoding="utf-8-sig").count("\n") == 3
    page.locator("select[name='map.residents']").select_option("甲")
    page.get_by_role("button", name="Check again").press("Enter")
    expect(page.get_by_text("1,800 residents", exact=True)).to_be_visible()
    page.locator("select[name='map.residents']").select_option("居民数")
    page.get_by_role("button", name="Check again").press("Enter")
    expect(page.get_by_text("59 residents", exact=True)).to_be_visible()
    page.locator(".foot .primary").press("Enter")
    expect(page.get_by_text("59 residents are counted.")).to_be_visible()
    expect(page.get_by_text("13 households", exact=True)).to_be_visible()
    counted = Population.objects.at(timezone.now()).filter(area__in=[one.area, two.area])
    assert list(counted.filter(households__isnull=False).values_list("area", "households")) == [(one.area_id, 13)]
    assert sorted(counted.values_list("age_band__code", "residents")) == [("80+", 4), ("all", 27), ("all", 28)]
