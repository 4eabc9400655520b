"""A prefecture's areas leave as one GeoPackage and come back as one change, to the last digit, in bounded memory."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from gis.setup import local
from grids.models import Boundary, BoundaryChange
from layers.atlas.exports import export_layer

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 3 * 1024**3


@pytest.fixture
def package(city, tmp_path) -> tuple[Path, dict]:
    """The file, and what it was made from: each area's tier, words, parent and shape."""
    now = timezone.now()
    exported = export_layer("areas", "gpkg", tmp_path, asker=AnonymousUser(), moment=now, now=now)
    return exported.path, told(now)


def told(now) -> dict:
    """Everything that has to come back, by area."""
    columns = ("area_id", "tier__code", "code", "name_zh", "name_en", "walled", "parent_id", "county_id", "geometry")
    rows = Boundary.objects.at(now).values_list(*columns)
    return {row[0]: (*row[1:-1], row[-1].wkb.tobytes()) for row in rows}


@pytest.fixture
def empty(databases, django_db_blocker):
    """An empty place: nothing but catalogues."""
    from django.core.management import call_command

    name = f"{databases.first}_received"
    with django_db_blocker.unblock():
        databases.copy(databases.first, name)
        databases.use(name)
        call_command("load_catalogues", verbosity=0)
        yield name
        databases.use(databases.first)
        databases.drop(name)


def test_89_000_areas_come_back_as_one_change_below_three_gigabytes(package, empty):
    path, before = package
    url = local.settings()["CLUSTER_URL"].replace("@/?", f"@/{empty}?")
    command = [sys.executable, "manage.py", "import_areas", str(path), "--commit", "--reason", "round trip"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MOST_BYTES
    now = timezone.now()
    assert BoundaryChange.objects.count() == 1
    after = told(now)
    assert len(after) == len(before) > 88_000
    assert after == before
