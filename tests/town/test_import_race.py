"""Two imports at once into one empty place: one stands whole, the other finds the place filled."""

import threading
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town import imported
from grids.models import Boundary
from tests.streets.drawn import town


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_leave_one_place(tmp_path: Path) -> None:
    call_command("load_catalogues", verbosity=0)
    plans = [imported.plan_import(town().save(tmp_path, f"{name}.osm")) for name in ("one", "two")]
    start, outcomes = threading.Barrier(2), []

    def store(plan: imported.Plan) -> None:
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
