"""What every test may use: the shared data, a test database that transactional tests can flush, catalogues."""

import os
from pathlib import Path

import pytest

from gis.setup import messages

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # not in xdist's workers: one process compiles
        messages.compile_all()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real extracts (SHARED_DATA, by default ../shared/data); skips where there is none."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The test database, without the triggers that refuse TRUNCATE.

    Transactional tests are flushed by TRUNCATE; in the test database alone that must be allowed.
    """
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgtype & 32 <> 0"  # 32: fires on TRUNCATE
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            cursor.execute(f"GRANT TRUNCATE ON {table} TO CURRENT_USER")


@pytest.fixture
def catalogues(db) -> None:
    """The rows of data/catalogues in this test's transaction: tiers, kinds, categories, age bands."""
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)
