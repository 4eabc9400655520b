"""Databases of browser tests: towns, copies of them, and whether a test changed what stands in one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import StringIO
from itertools import count

import psycopg
from django.db import ProgrammingError

from tests import migrated

CONTENT = (
    "grids.Boundary", "grids.Population", "grids.Appointment", "grids.Person", "tickets.Ticket", "tickets.TicketEvent",
    "service_sites.Site", "streets.Gate", "hotspots.Run",
)  # fmt: skip


def standing() -> list[tuple[str, int, int]]:
    """Of each table of content how many rows there are, and which transaction wrote last."""
    from django.apps import apps
    from django.db import connection

    tables = [apps.get_model(name)._meta.db_table for name in CONTENT]
    each = (f"SELECT '{table}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return sorted(cursor.fetchall())


class Databases:
    """Copies of the test database: PostgreSQL copies a small one in about a second."""

    def __init__(self) -> None:
        from django.db import connections

        self.entry = connections.settings["default"]
        self.first = self.entry["NAME"]
        self.cases = count(1)
        self.beside = ThreadPoolExecutor(1)
        self.dropped: list[Future[None]] = []

    def run(self, statement: str) -> None:
        """Run a statement that must not stand in a transaction, from outside all our databases."""
        from django.db import connection

        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)

    def use(self, name: str) -> None:
        """Let this thread's and all new connections go to that database."""
        from django.db import connection

        connection.close()
        self.entry["NAME"] = connection.settings_dict["NAME"] = name

    def copy(self, source: str, name: str) -> None:
        self.drop(name)
        # a connection that an earlier test left open would forbid the copy
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{source}' AND usename = current_user AND pid <> pg_backend_pid()"
        )
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')

    def drop(self, name: str) -> None:
        try:
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except ProgrammingError:  # an autovacuum worker is in it: not ours to end, but a plain DROP lets it go
            self.run(f'DROP DATABASE IF EXISTS "{name}"')

    def drop_beside(self, name: str) -> None:
        """Drop a database that nobody will ask for again: it waits for a checkpoint, so it is done beside the tests."""
        self.dropped.append(self.beside.submit(self.drop_now, name))

    def drop_now(self, name: str) -> None:
        # not by Django: between two tests its connections are closed to everybody
        with psycopg.connect(autocommit=True, **migrated.server_of(self.entry)) as connection:
            try:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            except psycopg.errors.InsufficientPrivilege:  # an autovacuum worker is in it: as above
                with suppress(psycopg.errors.ObjectInUse):  # and somebody else: it goes with the cluster
                    connection.execute(f'DROP DATABASE IF EXISTS "{name}"')

    @contextmanager
    def place(self, word: str, *steps: tuple[str, ...] | Callable[[], None]) -> Iterator[str]:
        """A database of its own in which these commands of manage.py (or functions) have run; gives its name."""
        from django.core.management import call_command

        name = f"{self.first}_{word}"
        self.use(self.first)
        self.copy(self.first, name)
        self.use(name)
        call_command("load_catalogues", verbosity=0)
        for step in steps:
            step() if callable(step) else call_command(*step, stdout=StringIO())
        self.use(self.first)
        yield name
        self.drop_beside(name)
