"""The command: tells before it stores, lists bad lines, ends 3, makes a county round points, stores a file once."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gis.catalogue.models import Place
from grids.models import Boundary
from layers.tickets.models import Category, Ticket, TicketEvent

MAP = ["number=id", "reported=when", "closed=until", "lon=x", "lat=y", "category=kind", "text=words"]
GOOD = [
    "1,2025-03-05 14:30,2025-03-06 08:00,111.790,36.845,Noise,drums",
    "2,2025-03-05 15:30,,111.795,36.846,<b>Odd</b>,",
    "3,2025-03-07 10:00,,111.791,36.849,Noise,",
]
BAD = ["4,2025-03-07 10:00,,,,Noise,", "5,2025-03-07 10:00,2025-03-01 10:00,111.791,36.849,Noise,"]
PLACE = ("--timezone", "Asia/Shanghai", "--datum", "wgs84")


@pytest.fixture
def file(tmp_path):
    """A file of these lines."""

    def write(*lines: str):
        path = tmp_path / "matters.csv"
        path.write_text("\n".join(["id,when,until,x,y,kind,words", *lines]), encoding="utf-8")
        return path

    return write


def run(path, *options: str, columns=MAP) -> tuple[int, str]:
    """Exit status and what was said."""
    said = StringIO()
    try:
        call_command("import_tickets", path, "--map", *columns, *PLACE, *options, stdout=said)
    except CommandError as error:
        return error.returncode, said.getvalue() + str(error)
    return 0, said.getvalue()


def test_it_tells_first_and_stores_when_asked(catalogues, file) -> None:
    path = file(*GOOD)
    status, said = run(path, "--county-from-hull")
    assert (status, Ticket.objects.count(), Boundary.objects.count(), Place.objects.count()) == (0, 0, 0, 0)
    assert "--commit" in said
    assert run(path, "--county-from-hull", "--commit")[0] == 0
    assert Ticket.objects.count() == 3
    assert Category.objects.filter(name_en="<b>Odd</b>").exists()
    first = Ticket.objects.get(external_number="1")
    assert (first.state, first.external_source, first.category.code) == ("closed", "matters", "noise")
    assert [event.verb for event in first.events.order_by("seq")] == ["report", "settle"]
    assert first.number == "990001-2025-000001"
    place = Place.objects.get()
    assert (place.provisional, place.time_zone) == (True, "Asia/Shanghai")
    assert {ticket.located_area.tier.code for ticket in Ticket.objects.all()} == {"community"}


def test_sent_twice_it_is_stored_once(catalogues, file) -> None:
    run(file(*GOOD), "--county-from-hull", "--commit")
    status, _said = run(file(*GOOD, "9,2025-03-08 10:00,,111.791,36.849,Noise,"), "--county-from-hull", "--commit")
    assert (status, Ticket.objects.count(), Boundary.objects.count()) == (0, 4, 3)


def test_bad_lines_are_listed_good_ones_stored_and_it_ends_3(catalogues, file) -> None:
    status, said = run(file(*GOOD, *BAD), "--county-from-hull", "--commit")
    assert status == 3
    assert Ticket.objects.count() == 3
    assert "5" in said.splitlines()[0]
    assert "6" in said.splitlines()[1]


def test_unknown_categories_are_refused_unless_they_may_be_added(catalogues, file) -> None:
    run(file(GOOD[0]), "--county-from-hull", "--commit")
    assert run(file(*GOOD), "--commit")[0] == 3
    assert Ticket.objects.count() == 2
    assert run(file(*GOOD), "--commit", "--new-categories")[0] == 0
    assert Ticket.objects.count() == 3


def test_without_ground_nobody_could_answer(catalogues, file) -> None:
    status, said = run(file(*GOOD), "--new-categories", "--commit")
    assert (status, Ticket.objects.count()) == (3, 0)
    assert said


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ({}, [*MAP[:3], "lon=longitude", *MAP[4:]]),
        ({"--timezone": "Mars/Olympus"}, MAP),
        ({}, ["number=id"]),
        ({"--encoding": "utf-99"}, MAP),
    ],
)
def test_what_makes_no_sense_ends_1_and_stores_nothing(catalogues, file, change, columns) -> None:
    extra = [word for pair in change.items() for word in pair]
    status, said = run(file(*GOOD), "--county-from-hull", "--commit", *extra, columns=columns)
    assert (status, Ticket.objects.count(), Boundary.objects.count()) == (1, 0, 0)
    assert "Traceback" not in said


def test_real_requests_of_new_york(catalogues, shared_data) -> None:
    path = shared_data / "tickets" / "nyc_311_animals_2025.csv"
    columns = [
        "number=Unique Key", "reported=Created Date", "closed=Closed Date", "lon=Longitude", "lat=Latitude",
        "category=Complaint Type", "text=Descriptor",
    ]  # fmt: skip
    options = ("--timezone", "America/New_York", "--county-from-hull", "--commit")
    status, said = run(path, *options, columns=columns)
    assert status == 3
    assert Ticket.objects.count() == 4907
    assert len([line for line in said.splitlines() if line[:1] in "l第"]) == 62
    known = Ticket.objects.get(external_number="64345465")
    assert known.reported_at == datetime(2025, 3, 14, 5, 20, tzinfo=UTC), "daylight saving time since the ninth"
    assert known.state == "reported"
    assert known.point.coords == pytest.approx((-73.88182509, 40.65651334))
    assert Ticket.objects.filter(state="closed").count() == 4692 - _placeless_closed(path)
    assert TicketEvent.objects.filter(verb="settle").count() == Ticket.objects.filter(state="closed").count()
    assert not Ticket.objects.filter(located_area=None).exists()
    assert run(path, *options, columns=columns)[0] == 3
    assert Ticket.objects.count() == 4907


def _placeless_closed(path) -> int:
    """How many closed records of the file have no position."""
    import csv

    with path.open(encoding="utf-8", newline="") as lines:
        return sum(bool(row["Closed Date"] and not row["Latitude"]) for row in csv.DictReader(lines))
