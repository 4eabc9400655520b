"""Statements that the database plans once a connection: those asked dozens of times a second cost more to plan than
to answer.

Values travel beside the statement, so that each `%s` must stand where the database knows its type, or be cast.
"""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, NotSupportedError, OperationalError, connection
from psycopg.sql import Literal

AFTER = 2
"""A statement is planned for good when it has been asked so often: what is asked once is not kept."""
Statement = tuple[str, tuple[Any, ...]]


class Prepared(psycopg.Cursor[Any]):
    """Sends values beside the statement and takes answers as they are stored."""

    def execute(self, query: Any, params: Any = None, **said: Any) -> Any:
        """As any cursor does."""
        return super().execute(query, params, **{"binary": True, **said})


def cursor() -> Any:
    """A cursor of Django's connection whose statements stay planned; an ordinary one behind a pooler."""
    database: Any = connection
    if settings.DATABASE_POOLER:
        return database.cursor()
    database.ensure_connection()
    raw = database.connection
    raw.prepare_threshold = AFTER  # Django's own cursors write values into the statement and prepare nothing
    usual, raw.cursor_factory = raw.cursor_factory, Prepared
    try:
        return database.cursor()
    finally:
        raw.cursor_factory = usual


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that only reads. Whether the connection still lives is found out by using it: asking
    first, as Django does, would cost as much again as the answer."""
    database: Any = connection
    first = not database.in_atomic_block and not database.health_check_done
    database.health_check_done = True
    try:
        with cursor() as asked:
            asked.execute(sql, values)
            return list(asked.fetchall())
    except (OperationalError, InterfaceError):
        if not first:
            raise
        connection.close()  # it was old: once again on a new one
    except NotSupportedError:
        if database.in_atomic_block:
            raise
        connection.close()  # a column has another type since the statement was planned
    with cursor() as asked:
        asked.execute(sql, values)
        return list(asked.fetchall())


def composed(sql: str, params: Sequence[Any], cast: Callable[[Any], str | None]) -> Statement:
    """A statement of Django's with its values written into it but those that `cast` has a type for, and these.

    What Django composes is meant for written values: the type of some could not be told if they came beside it.
    """
    connection.ensure_connection()
    told: list[str] = []
    beside: list[Any] = []
    for value in params:
        kind = cast(value)
        if kind:
            told.append(f"%s::{kind}")
            beside.append(value)
        else:
            told.append(Literal(value).as_string(connection.connection).replace("%", "%%"))
    return sql.replace("%%", "%%%%") % tuple(told), tuple(beside)
