"""A whole prefecture: tests work on copies of the place bench_city. Only with `make test SCALE=city`.

A copy takes some seconds. Browser tests have one each; the others share one and leave what they wrote in it, so each
writes where no other looks.
"""

import os
from collections.abc import Iterator

import pytest

from tests.browser.conftest import (  # noqa: F401 - fixtures are found by their names
    account_of,
    chromium,
    complaints,
    databases,
    desktop,
    jobs_done,
    open_page,
    phone,
    server,
    static_files,
    town,
)

SOURCE = "wangge_bench_city"
collect_ignore_glob = [] if os.environ.get("SCALE") == "city" else ["*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/city/" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("city"))


@pytest.fixture(scope="session")
def city_database(databases, django_db_blocker) -> Iterator[str]:  # noqa: F811
    """The copy that all tests of a run share, brought up to date, with a demo account for each role."""
    from io import StringIO

    from django.core.management import call_command

    name = f"{databases.first}_city"
    with django_db_blocker.unblock():
        databases.copy(SOURCE, name)
        databases.use(name)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("demo_accounts", stdout=StringIO())
        databases.use(databases.first)
        yield name
        databases.use(databases.first)
        databases.drop(name)


@pytest.fixture
def city(databases, city_database, django_db_blocker) -> Iterator[None]:  # noqa: F811
    """The ORM, and a server of this test, work on the city."""
    with django_db_blocker.unblock():
        databases.use(city_database)
        yield
        databases.use(databases.first)


@pytest.fixture(scope="session")
def town_database(city_database) -> str:
    """What each browser test gets a copy of: here it is the city."""
    return city_database
