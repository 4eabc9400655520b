"""Killed at any moment, an import of residents has stored all or nothing, and the same file again stores it once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from grids.models import Population, PopulationPoint
from grids.population_import import Said, bring_in
from tests.filing.test_faults import HERE, Death
from tests.grids.ground import SOUTH, WEST, small_county

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 120


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Figures stand there; a file by points brings others for the same areas."""
    call_command("load_catalogues", verbosity=0)
    small_county()
    places = [(WEST + (1 + at) / 1000, SOUTH + 2 / 1000) for at in range(12)]
    for name, residents in (("old.csv", 3), ("new.csv", PEOPLE // len(places))):
        lines = ["lon,lat,residents", *(f"{lon:.6f},{lat:.6f},{residents}" for lon, lat in places)]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    bring_in(tmp_path / "old.csv", Said(), actor=None, now=timezone.now(), commit=True)
    return tmp_path / "new.csv"


def stored() -> tuple[list, list]:
    """Every figure and place there is, past ones too."""
    figures = Population.objects.order_by("pk").values_list("pk", "residents", "valid_from", "valid_until")
    return list(figures), list(PopulationPoint.objects.order_by("pk").values_list("pk", "residents"))


def people() -> int:
    """How many are counted now."""
    return sum(Population.objects.at(timezone.now()).values_list("residents", flat=True))


def store(path: Path) -> None:
    """Bring the file in, whatever stands there."""
    bring_in(path, Said(), actor=None, now=timezone.now(), commit=True)


def test_the_database_dies_before_any_statement_of_an_import_of_residents(path: Path) -> None:
    before = stored()
    deaths = 0
    for at in range(1, 200):
        try:
            with connection.execute_wrapper(Death(at)):
                store(path)
        except DatabaseError:
            deaths += 1
            connection.close()
            assert stored() == before
        else:
            break
    assert deaths >= 8
    assert people() == PEOPLE
    after = stored()
    store(path)
    assert stored() == after


def test_a_command_killed_between_figures_and_their_places_leaves_neither(path: Path) -> None:
    before = stored()
    entry = connection.settings_dict
    host = quote(entry["HOST"] or entry["OPTIONS"]["host"], safe="")
    url = f"postgres://{entry['USER']}:{entry['PASSWORD']}@{host}:{entry['PORT'] or ''}/{entry['NAME']}"
    command = [sys.executable, "manage.py", "import_population", str(path), "--commit"]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("LOCK TABLE grids_populationpoint IN SHARE MODE")  # who reads passes, who writes waits
        child = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        waits = f"relation = 'grids_populationpoint'::regclass AND NOT granted AND {HERE}"
        waiting = f"SELECT count(*), pg_sleep(0.05) FROM pg_locks WHERE {waits}"
        while not other.execute(waiting).fetchone()[0]:
            assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert stored() == before
    for _again in range(2):
        store(path)
    assert people() == PEOPLE
