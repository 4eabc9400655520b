"""A database with all tables and nothing in them, from which each test process copies its own.

Made by the first process that asks, for as long as the migrations stay the same: to run them takes each ten seconds.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg

from gis.setup import local, paths, places

OURS = "SELECT datname FROM pg_database WHERE datname ~ '^wangge_tests_[0-9a-f]{12}(_new)?$'"
"""An owner's place may be called tests_something."""


def server_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """How psycopg reaches the server of Django's entry of a database, where no database of ours is."""
    words = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return entry["OPTIONS"] | {word: entry[key] for word, key in words.items() if entry[key]} | {"dbname": "postgres"}


def template(entry: Mapping[str, Any]) -> str:
    """Its name. `entry`: Django's entry of a database in this clone's own cluster; former ones are dropped."""
    inputs = local.fingerprint([*places.code("**/migrations/*.py"), paths.LOCKS / "main.txt"])
    place = f"tests_{inputs[:12]}"
    name, unfinished = f"wangge_{place}", f"wangge_{place}_new"
    with (
        (paths.LOCAL / "tests.lock").open("w") as handle,
        psycopg.connect(autocommit=True, **server_of(entry)) as connection,
    ):
        fcntl.flock(handle, fcntl.LOCK_EX)  # until the file is closed
        known = connection.execute(OURS).fetchall()
        if (name,) in known:
            return name
        for (old,) in known:
            with suppress(psycopg.Error):  # in use by a run of other migrations: the next one drops it
                connection.execute(f'DROP DATABASE IF EXISTS "{old}"')
        connection.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE "{entry["TEST"]["TEMPLATE"]}"')
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
            cwd=paths.ROOT, env=os.environ | {"PLACE": f"{place}_new"}, check=True,
        )  # fmt: skip
        connection.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name
