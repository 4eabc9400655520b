"""The clone's own PostGIS: made once, found again, mended after an interruption, closed to others."""

import shutil
import stat
from pathlib import Path

import pytest

from gis.setup import cluster, local, paths, postgres
from gis.setup.talk import Stop

pytestmark = pytest.mark.xdist_group("cluster")


def mode(path: str | Path) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_made_once_found_again_and_stopped(clone, capsys, monkeypatch):
    made = cluster.up()
    assert cluster.ready(made)
    assert mode(made.data) == 0o700
    assert mode(made.sockets) == 0o700
    assert len(made.sockets) < 60
    if paths.is_root():
        assert not made.data.startswith(str(clone))
        assert Path(made.data).owner() == "postgres"
    assert cluster.up() == made
    assert capsys.readouterr().out.count("PostGIS runs") == 1
    cluster.stop()
    assert not cluster.ready(made)
    assert cluster.up() == made
    assert cluster.sql(made, "SHOW fsync") == "off", "these are thrown away"
    monkeypatch.delenv("CLUSTER_THROWAWAY")
    assert cluster.up() == made
    assert cluster.sql(made, "SHOW fsync") == "on", "what a killed run left is not worked on unsafely"


def test_the_application_is_no_superuser_and_can_copy_the_template(made):
    rights = cluster.sql(made, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = 'wangge'")
    assert rights == "f|t"
    assert cluster.make_database(made, "wangge_one") is True
    assert cluster.make_database(made, "wangge_one") is False
    found = cluster.sql(made, "SELECT extname FROM pg_extension", database="wangge_one").split()
    assert set(cluster.EXTENSIONS) <= set(found)
    assert mode(paths.SETTINGS) == 0o600
    assert local.settings()["CLUSTER_URL"].startswith("postgres://wangge:")


def test_an_interrupted_initdb_is_made_again(clone):
    chosen = cluster.choose()
    partial = Path(chosen.data).with_name("postgres.partial")
    partial.mkdir()
    (partial / "half").write_text("interrupted", encoding="utf-8")
    cluster.up()
    assert not partial.exists()


def test_an_interrupted_template_is_made_again(made):
    cluster.sql(made, f"ALTER DATABASE {cluster.TEMPLATE} IS_TEMPLATE false")
    cluster.prepare(made)
    assert cluster.sql(made, f"SELECT datistemplate FROM pg_database WHERE datname = '{cluster.TEMPLATE}'") == "t"


def test_swept_sockets_and_lost_settings_are_mended(made):
    shutil.rmtree(made.sockets)
    paths.SETTINGS.unlink()
    again = cluster.up()
    assert again.data == made.data
    assert again.sockets != made.sockets
    assert f"host={again.sockets}&" in local.settings()["CLUSTER_URL"]


def test_a_copied_clone_makes_its_own(clone, monkeypatch):
    cluster.choose()
    monkeypatch.setattr(paths, "ROOT", clone.with_name("copy"))
    assert cluster.known() is None


def test_a_broken_configuration_is_told_with_the_log(made):
    cluster.stop()
    with (Path(made.data) / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("shared_buffers = nonsense\n")
    with pytest.raises(Stop, match="shared_buffers"):
        cluster.up()


def test_data_of_a_version_that_is_gone(made):
    cluster.stop()
    (Path(made.data) / "PG_VERSION").write_text("9\n", encoding="utf-8")
    with pytest.raises(Stop, match="PostgreSQL 9, which is no longer installed"):
        cluster.up()
    (Path(made.data) / "PG_VERSION").write_text(f"{max(postgres.servers())}\n", encoding="utf-8")


def test_discarding_leaves_nothing(made):
    cluster.discard()
    assert not Path(made.data).exists()
    assert not Path(made.sockets).exists()
    assert cluster.known() is None
    assert "CLUSTER_URL" not in local.settings()
