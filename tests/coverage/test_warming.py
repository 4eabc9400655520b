"""A warm server answers its first planner without a search of its own; one without a place starts all the same."""

from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from layers.coverage import actions, warming
from layers.streets import network
from layers.streets.walking import WalkingNetwork

pytestmark = pytest.mark.django_db


@pytest.fixture
def let_go(monkeypatch) -> list[bool]:
    """Whether the connection was given back, which must not be another process's."""
    told: list[bool] = []
    monkeypatch.setattr(warming, "connection", SimpleNamespace(close=lambda: told.append(True)))
    return told


def test_the_first_coverage_needs_no_search_any_more(peopled, site, let_go, monkeypatch):
    actions.settle(now=timezone.now(), actor="test")
    warming.warm_up()
    assert let_go == [True]
    with monkeypatch.context() as patched:
        for search in ("nearest", "nearest_to"):
            patched.setattr(WalkingNetwork, search, None)
        assert Client().get("/api/coverage").status_code == 200


def test_a_circle_of_a_site_is_asked_before_anybody_comes(peopled, site, let_go, monkeypatch):
    actions.settle(now=timezone.now(), actor="test")
    told, real = [], warming.queries.circle
    monkeypatch.setattr(warming.queries, "circle", lambda *asked, **how: told.append(real(*asked, **how)))
    warming.warm_up()
    assert [[ring["properties"]["minutes"] for ring in found["rings"]["features"]] for found in told] == [[5, 10, 15]]
    assert let_go == [True]


def test_without_streets_residents_or_a_database_the_server_starts(catalogues, let_go, monkeypatch):
    def away():
        raise OperationalError

    warming.warm_up()
    monkeypatch.setattr(network, "current", away)
    warming.warm_up()
    assert let_go == [True, True]
