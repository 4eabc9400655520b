"""Killed at any moment, an import has stored all or nothing, and the same change again stores it once."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from grids.models import Area, Boundary, BoundaryChange
from grids.proposals.filing import check_file, store_checked
from grids.proposals.said import Said
from tests.filing.files import feature, geojson
from tests.grids.ground import T0, small_county, square

pytestmark = pytest.mark.django_db(transaction=True)
NOW = T0 + timedelta(days=30)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    call_command("load_catalogues", verbosity=0)
    small_county()
    features = [feature(square(2 + 3 * at, 2, 2), tier="building", code=f"B{at}", name="楼") for at in range(3)]
    return geojson(tmp_path / "areas.geojson", features)


def counts() -> tuple[int, ...]:
    return Area.objects.count(), Boundary.objects.count(), BoundaryChange.objects.count()


HERE = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
"""Of `pg_locks`: what waits in this test's own database, whatever other tests do beside it in copies of it."""


class Death:
    """Ends this session's own server process before its n-th statement."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.seen += 1
        if self.seen == self.at:
            with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
                pid = connection.connection.info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return execute(sql, params, many, context)


def test_the_database_dies_before_any_statement_of_a_store(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "rows"
    assert check_file(path, Said(), rows=kept, namespace=uuid4(), actor=None, now=NOW)["sound"]
    before, change = counts(), uuid4()
    deaths = 0
    for at in range(1, 200):
        death = Death(at)
        try:
            with connection.execute_wrapper(death):
                store_checked(kept, change_id=change, reason="survey", actor=None, now=NOW)
        except DatabaseError:
            deaths += 1
            connection.close()
            assert counts() == before
        else:
            break
    assert deaths >= 10
    after = counts()
    assert after[0] == before[0] + 3
    store_checked(kept, change_id=change, reason="survey", actor=None, now=NOW)
    assert counts() == after


def test_a_killed_command_leaves_nothing_and_can_be_run_again(path: Path) -> None:
    change = UUID("00000000-0000-4000-8000-00000000abcd")
    before = counts()
    entry = connection.settings_dict
    host = quote(entry["HOST"] or entry["OPTIONS"]["host"], safe="")
    url = f"postgres://{entry['USER']}:{entry['PASSWORD']}@{host}:{entry['PORT'] or ''}/{entry['NAME']}"
    command = [sys.executable, "manage.py", "import_areas", str(path), "--commit", "--change", str(change)]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        # stand where every writer must pass, in the middle of its transaction
        other.execute("SELECT pg_advisory_xact_lock(grids_lock_key(NULL), id::int) FROM grids_tier")
        child = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        waits = f"locktype = 'advisory' AND NOT granted AND {HERE}"
        waiting = f"SELECT count(*), pg_sleep(0.05) FROM pg_locks WHERE {waits}"
        while not other.execute(waiting).fetchone()[0]:
            assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert counts() == before
    for _again in range(2):
        call_command("import_areas", str(path), "--commit", "--change", str(change), verbosity=0)
    assert counts()[0] == before[0] + 3
    assert BoundaryChange.objects.filter(pk=change).count() == 1
