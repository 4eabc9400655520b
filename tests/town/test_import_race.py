"""Imports that meet trouble: two at once into one empty place, and a database that dies on the way."""

import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town import imported
from gis.town.opening.fitted import Fitted
from gis.town.opening.plan import plan_import
from grids.models import Boundary
from layers.streets.models import Way
from tests.streets.drawn import town


@pytest.mark.serial
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


@pytest.mark.serial
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
