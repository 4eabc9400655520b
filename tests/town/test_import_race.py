"""Imports that meet trouble: two at once into one empty place, and a database that dies on the way."""

import os
import signal
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town import imported
from gis.town.opening.fitted import Fitted
from gis.town.opening.plan import plan_import
from grids.models import Appointment, Boundary, BoundaryChange
from layers.streets.models import Feature, Gate, Way
from tests.filing.test_faults import HERE, Death
from tests.streets.drawn import town

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_leave_one_place(tmp_path: Path) -> None:
    call_command("load_catalogues", verbosity=0)
    plans = [plan_import(town().save(tmp_path, f"{name}.osm")) for name in ("one", "two")]
    start, outcomes = threading.Barrier(2), []

    def store(plan: Fitted) -> None:
        try:
            start.wait()
            imported.store_import(plan, now=timezone.now())
            outcomes.append("stored")
        except Conflict as refusal:
            outcomes.append(refusal.kind)
        finally:
            connection.close()

    threads = [threading.Thread(target=store, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["place-filled", "stored"]
    assert Place.objects.count() == 1
    assert Boundary.objects.still().of_tier("county").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_dies_during_an_import_holds_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("load_catalogues", verbosity=0)
    path = town().save(tmp_path)
    original = imported.replace_network

    def dies(**words: Any) -> None:
        original(**words)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(imported, "replace_network", dies)
    with pytest.raises(CommandError, match=r"Nothing was stored|没有存入"):
        call_command("import_osm", str(path), "--commit", stdout=StringIO())
    connection.close()
    assert not Boundary.objects.exists()
    assert not Way.objects.exists()
    monkeypatch.undo()
    call_command("import_osm", str(path), "--commit", stdout=StringIO())
    assert Boundary.objects.still().of_tier("compound").count() == 2


def nothing_stands() -> bool:
    return not any(model.objects.exists() for model in (Boundary, BoundaryChange, Way, Gate, Feature, Appointment))


@pytest.mark.django_db(transaction=True)
def test_the_database_dies_before_any_statement_of_an_import(tmp_path: Path) -> None:
    call_command("load_catalogues", verbosity=0)
    plan = plan_import(town().save(tmp_path))
    deaths = 0
    for at in range(1, 600, 11):
        try:
            with connection.execute_wrapper(Death(at)):
                imported.store_import(plan, now=timezone.now())
        except DatabaseError:
            deaths += 1
            connection.close()
            assert nothing_stands(), at
        else:
            break
    assert deaths >= 4
    assert Boundary.objects.still().of_tier("compound").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_killed_command_leaves_nothing_and_can_be_run_again(tmp_path: Path) -> None:
    call_command("load_catalogues", verbosity=0)
    entry = connection.settings_dict
    host = quote(entry["HOST"] or entry["OPTIONS"]["host"], safe="")
    url = f"postgres://{entry['USER']}:{entry['PASSWORD']}@{host}:{entry['PORT'] or ''}/{entry['NAME']}"
    path = town().save(tmp_path)
    command = [sys.executable, "manage.py", "import_osm", str(path), "--commit"]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        # stand where posts are filled: areas, streets and base map are written by then
        other.execute("LOCK TABLE grids_appointment IN SHARE MODE")
        child = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        waits = f"relation = 'grids_appointment'::regclass AND NOT granted AND {HERE}"
        waiting = f"SELECT count(*), pg_sleep(0.05) FROM pg_locks WHERE {waits}"
        while not other.execute(waiting).fetchone()[0]:
            assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert nothing_stands()
    call_command("import_osm", str(path), "--commit", stdout=StringIO())
    assert Boundary.objects.still().of_tier("compound").count() == 2
