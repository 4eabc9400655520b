"""A pretended clone in a folder of its own: nothing here touches this clone's settings or cluster."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gis.setup import cluster, paths


@pytest.fixture
def clone(monkeypatch) -> Iterator[Path]:
    """An empty clone that the cluster's owner may reach (pytest's own folders are closed to `postgres`)."""
    root = Path(tempfile.mkdtemp(prefix="wangge-test-", dir="/var/tmp"))
    root.chmod(0o755)
    (root / "clone").mkdir()
    local = root / "clone" / ".local"
    changes = {
        "ROOT": root / "clone",
        "LOCAL": local,
        "LOGS": local / "log",
        "SETTINGS": local / "settings.env",
        "STAMPS": local / "stamps.json",
        "CLUSTER": local / "cluster.json",
        "SERVER": local / "server.pid",
        "ROOT_CLUSTERS": root / "clusters",
    }
    for name, value in changes.items():
        monkeypatch.setattr(paths, name, value)
    monkeypatch.setenv("CLUSTER_THROWAWAY", "1")
    local.mkdir(mode=0o700)
    yield root / "clone"
    known = cluster.known()
    if known is not None:
        if (Path(known.data) / "PG_VERSION").exists():
            cluster.stop()
        shutil.rmtree(known.sockets, ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def kept() -> Iterator[Path]:
    """Where the first cluster that is made is kept for the other tests; empty before."""
    root = Path(tempfile.mkdtemp(prefix="wangge-test-", dir="/var/tmp"))
    yield root / "postgres"
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def made(clone: Path, kept: Path) -> cluster.Cluster:
    """A cluster of the pretended clone that runs: made once, copied for the tests after."""
    data = cluster.choose().data
    if kept.exists():
        subprocess.run(["cp", "-a", kept, data], check=True)
    else:
        cluster.up()
        cluster.stop()
        subprocess.run(["cp", "-a", data, kept], check=True)
    return cluster.up()
