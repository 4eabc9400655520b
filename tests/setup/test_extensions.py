"""Somebody else's database: what its administrator must run is said, and nothing else is asked."""

import pytest
from django.conf import settings

from gis.setup import cluster, extensions, places


@pytest.fixture
def bare():
    """The address of a database without PostGIS, owned by the application's ordinary role."""
    own = cluster.known()
    if own is None:
        pytest.skip("this clone has no cluster of its own (DATABASE_URL is set)")
    name = f"{settings.DATABASES['default']['NAME']}_bare"
    cluster.sql(own, f"DROP DATABASE IF EXISTS {name};")
    cluster.sql(own, f"CREATE DATABASE {name} OWNER {cluster.ROLE} TEMPLATE template0;")
    entry = settings.DATABASES["default"]
    yield f"postgis://{cluster.ROLE}:{entry['PASSWORD']}@/{name}?host={own.sockets}&port={cluster.PORT}"
    cluster.sql(own, f"DROP DATABASE {name} WITH (FORCE);")


def test_the_statement_for_the_administrator_is_printed(bare, capsys):
    assert extensions.main(bare) == 1
    said = capsys.readouterr().out
    assert "CREATE EXTENSION IF NOT EXISTS postgis;" in said
    assert "btree_gist" not in said, "the owner of a database may create trusted extensions"


def test_a_database_that_is_away(bare, capsys):
    assert extensions.main("postgres://nobody@/none?host=/nowhere") == 1
    assert "cannot be reached" in capsys.readouterr().out


def test_steps_of_two_addresses_are_kept_apart(monkeypatch):
    keys = set()
    for url in ("postgres://a", "postgres://b", ""):
        monkeypatch.setenv("DATABASE_URL", url)
        keys.add(places.key_of("town"))
    assert len(keys) == 3
