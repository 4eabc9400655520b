"""Streets go into the database and come back as a network that respects walls and gates."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from gis.audit.models import Entry
from layers.streets import network, stored
from layers.streets.actions import renode, replace_network
from layers.streets.layer import LAYERS
from layers.streets.models import Barrier, Edge, Feature, FormerGate, Gate, Network, Way
from tests.grids.ground import put, square
from tests.streets.yards import SHAPES, STREETS, WALLS, at, gates, yards

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def place(catalogues):
    made = yards()
    replace_network(ways=STREETS, gates=gates(made), barriers=WALLS, features=SHAPES, now=NOW, actor="test")
    return made


def walk(start: tuple[float, float], end: tuple[float, float], **how) -> float:
    """Metres on foot from one spot to a home at another, by the stored network."""
    walkable = network.current()
    walking = walkable.maker(steps_allowed=True, **how).network
    places = walking.snap(walkable.metres(np.array([at(*start), at(*end)])))
    return float(walking.distances(walking.reach(places.at([0]), 5000), places)[1])


def test_what_is_stored_is_what_was_given(place):
    counts = [model.objects.count() for model in (Way, Gate, Barrier, Feature)]
    assert counts == [len(STREETS), 2, 1, len(SHAPES)]
    assert Gate.objects.filter(node__isnull=False).count() == 2
    assert Edge.objects.filter(inside=place["left"].area).exists()
    latest = Network.objects.latest()
    assert (latest.edges, latest.epsg) == (Edge.objects.count(), 4546)
    assert Entry.objects.filter(verb="streets.replace_network").count() == 1


def test_a_wall_makes_the_way_long(place):
    assert walk((3, 1.5), (3, 3)) > 1000
    assert walk((3, 1.5), (7, 3)) == pytest.approx(4 * 91.3 + 1.5 * 111, rel=0.01)


LEFT, RIGHT, STREET = (3, 3), (7, 3), (3, 1.5)


def test_a_changed_gate_counts_in_the_next_walk_without_a_new_making(place):
    before = network.current()
    to_the_right = walk(STREET, RIGHT)
    Gate.objects.filter(compound=place["right"].area).update(status="closed")
    after = network.current()
    assert (after.version, after.gates_version) == (before.version, before.gates_version + 1)
    assert (before.label, after.label) == (f"{before.version}.0", f"{before.version}.1")
    assert after.streets is before.streets
    assert not after.stale()
    assert walk(STREET, RIGHT) == np.inf
    assert walk(STREET, RIGHT, gates="open") == to_the_right


def test_a_residents_gate_lets_nobody_through_who_lives_elsewhere(place):
    outside_the_north_gate = (3, 4.4)
    assert np.isfinite(walk(outside_the_north_gate, LEFT))
    assert walk(LEFT, outside_the_north_gate) == np.inf  # a site in there, and somebody's home out here
    assert np.isfinite(walk(LEFT, outside_the_north_gate, gates="open"))


def test_a_gate_is_shut_outside_its_hours_by_the_clock_of_the_place(place):
    Gate.objects.filter(compound=place["right"].area).update(open_from=time(6), open_until=time(22))
    today = datetime.now(UTC).replace(hour=0, minute=0) + timedelta(days=1)
    for hour, there in ((21, False), (22, True), (13, True), (14, False)):  # UTC; eight hours later in Shanghai
        assert np.isfinite(walk(STREET, RIGHT, moment=today.replace(hour=hour))) == there
    Gate.objects.filter(compound=place["right"].area).update(open_from=time(22), open_until=time(6))
    assert np.isfinite(walk(STREET, RIGHT, moment=today.replace(hour=21)))


def test_a_past_moment_has_the_gates_of_then(place):
    changed = NOW + timedelta(days=30)
    Gate.objects.filter(compound=place["right"].area).update(status="closed", since=changed)
    assert np.isfinite(walk(STREET, RIGHT, moment=changed - timedelta(seconds=1)))
    assert walk(STREET, RIGHT, moment=changed) == np.inf
    [former] = FormerGate.objects.all()
    assert (former.status, former.valid_from, former.valid_until) == ("inferred", NOW, changed)
    with pytest.raises(DatabaseError, match="kept as they were"), transaction.atomic():
        FormerGate.objects.update(status="closed")


def test_a_gate_of_a_compound_nobody_knows_to_be_walled_is_a_residents_gate_for_nobody(catalogues):
    made = yards(walled="unknown")
    replace_network(ways=STREETS, gates=gates(made), now=NOW, actor="test")
    assert np.isfinite(walk(LEFT, (3, 4.4)))


def test_a_wall_or_a_gate_drawn_since_makes_the_network_stale_until_it_is_made_anew(place):
    assert not network.current().stale()
    left = Gate.objects.get(compound=place["left"].area)
    left.geometry.x += 0.0002
    left.save()
    assert network.current().stale()
    renode(now=datetime.now(UTC), actor="test")
    assert not network.current().stale()
    put("compound", square(10, 2, 1), place["community"], walled="yes", valid_from=datetime.now(UTC))
    assert network.current().stale()


def test_the_arrays_in_the_file_answer_as_those_read_from_the_rows(place, monkeypatch, tmp_path, settings):
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(stored, "SHARED_FROM", 1)
    newest = Network.objects.latest()
    own = stored.read(newest)
    stored.streets_of(newest)  # writes
    assert stored.file_of(newest).is_file()
    monkeypatch.setattr(stored, "read", None)  # from now on only the file can answer
    shared = stored.streets_of(newest)
    assert (shared.walled, shared.gates, shared.in_wall.tolist()) == (own.walled, own.gates, own.in_wall.tolist())
    places = own.walking.snap(own.walking.node_xy + 3.0)
    for one in (own.walking, own.walking.stepless):
        other = shared.walking if one.takes_steps else shared.walking.stepless
        np.testing.assert_array_equal(
            other.snap(own.walking.node_xy + 3.0).offset, one.snap(own.walking.node_xy + 3.0).offset
        )
        for far in (50, 5000):
            expected = one.distances(one.reach(places.at([0]), far), places)
            np.testing.assert_array_equal(other.distances(other.reach(places.at([0]), far), places), expected)
    np.testing.assert_array_equal(shared.walking.island(places), own.walking.island(places))
    assert [wall.wkb for wall in shared.walking.walls] == [wall.wkb for wall in own.walking.walls]


@pytest.mark.parametrize(
    "harm", [lambda body: body[:-9], lambda body: b"", lambda body: body[:100] + b"!" + body[101:]]
)
def test_a_damaged_file_is_made_again(place, monkeypatch, tmp_path, settings, harm):
    settings.GROUND_DIR = str(tmp_path)
    monkeypatch.setattr(stored, "SHARED_FROM", 1)
    newest = Network.objects.latest()
    stored.streets_of(newest)
    path = stored.file_of(newest)
    path.write_bytes(harm(path.read_bytes()))
    assert stored.streets_of(newest).walking.edge_count == newest.edges
    assert stored.streets_of(newest).gates


def test_replacing_again_leaves_nothing_of_the_former(place):
    replace_network(ways=STREETS[:1], gates=[], now=NOW + timedelta(days=1), actor="test")
    assert [model.objects.count() for model in (Way, Gate, Barrier, Feature)] == [1, 0, 0, 0]
    assert walk((1, 1.5), (2, 1.5)) == pytest.approx(91.3, rel=0.01)


def test_gates_keep_their_identity_when_a_place_is_made_again(place):
    before = set(Gate.objects.values_list("pk", flat=True))
    replace_network(ways=STREETS, gates=gates(place), now=NOW + timedelta(days=1), actor="test")
    assert set(Gate.objects.values_list("pk", flat=True)) == before


def test_nothing_is_stored_when_noding_fails(place, monkeypatch):
    def broken(*args, **kwargs):
        raise ArithmeticError

    monkeypatch.setattr("layers.streets.actions.node", broken)
    version = network.current().version
    with pytest.raises(ArithmeticError):
        replace_network(ways=STREETS[:1], gates=[], now=NOW, actor="test")
    assert (Way.objects.count(), network.current().version) == (len(STREETS), version)


def test_without_streets_there_is_no_network_but_no_error(catalogues):
    assert network.current() is None
    replace_network(ways=[], gates=[], now=NOW, actor="test")
    assert network.current().walking.edge_count == 0


def test_every_base_layer_gives_its_fields_at_every_zoom(place):
    for make in LAYERS:
        layer = make()
        for zoom in range(layer.min_zoom, 21, 3):
            rows = layer.rows(asker=None, moment=NOW, zoom=zoom)
            for row in rows:
                assert set(row) == {*layer.fields, "geom"}
    assert len(LAYERS[3]().rows(asker=None, moment=NOW, zoom=10)) < len(
        LAYERS[3]().rows(asker=None, moment=NOW, zoom=16)
    )


def test_the_kernel_can_be_compiled_beforehand(capsys):
    call_command("warm")
    assert "compiled" in capsys.readouterr().out
