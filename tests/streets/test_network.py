"""Streets go into the database and come back as a network that respects walls and gates."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command

from gis.audit.models import Entry
from layers.streets import network
from layers.streets.actions import renode, replace_network
from layers.streets.layer import LAYERS
from layers.streets.models import Barrier, Edge, Feature, Gate, Network, Way
from tests.streets.yards import SHAPES, STREETS, WALLS, at, gates, yards

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def place(catalogues):
    made = yards()
    replace_network(ways=STREETS, gates=gates(made), barriers=WALLS, features=SHAPES, now=NOW, actor="test")
    return made


def walk(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Metres on foot between two spots, by the stored network."""
    walkable = network.current()
    places = walkable.walking.snap(walkable.metres(np.array([at(*start), at(*end)])))
    return float(walkable.walking.distances(walkable.walking.reach(places.at([0]), 5000), places)[1])


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


def test_a_closed_gate_shuts_the_yard_after_noding_again(place):
    before = network.current()
    Gate.objects.filter(compound=place["right"].area).update(status="closed")
    renode(now=NOW + timedelta(hours=1), actor="test")
    assert network.current().version > before.version
    assert walk((3, 1.5), (7, 3)) == np.inf
    assert Gate.objects.get(compound=place["right"].area).node is None


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
