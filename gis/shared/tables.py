"""Bulk doors to the database: COPY into a table, millions of rows, inside the caller's transaction."""

import gc
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice, repeat
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import NOT_PROVIDED, Model
from django.db.models.expressions import RawSQL
from psycopg import errors, sql

NULL = r"\N"
"""What COPY reads as no value."""
IN_NEED = re.compile(r"[\\\n\r\t]")
ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
LINES_AT_ONCE = 4000
ROWS_WITHOUT_CYCLES = 200_000


@contextmanager
def few_collections() -> Iterator[None]:
    """Let the collector of cycles come by seldom while rows by the million go by, which never hold each other.

    They look like garbage to come, and it looks through them again and again. Also a decorator.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(ROWS_WITHOUT_CYCLES, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a model's table; geometries as hex EWKB. Returns how many rows were sent.

    `columns` are database column names. Constraints and triggers hold as for any insert.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    sent = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            sent += 1
    return sent


def copy_new(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY new rows of which only some columns are given; every other field gets its default, as from `Model()`.

    So a table that gains a field with a default needs no change here.
    """
    rest = [
        field
        for field in model._meta.concrete_fields
        if field.column not in columns and (field.has_default() or not field.primary_key)
    ]

    def filled() -> Iterable[Sequence[Any]]:
        """Each row with the defaults behind it."""
        for row in rows:
            yield (*row, *(field.get_db_prep_save(field.get_default(), connection) for field in rest))

    return copy_rows(model, [*columns, *(str(field.column) for field in rest)], filled())


def copied(value: Any) -> str:
    """A value as COPY's text format writes it; tabs, ends of lines and backslashes in texts come back as they were."""
    match value:
        case None:
            return NULL
        case bool():
            return "t" if value else "f"
        case str():
            return value.translate(ESCAPED) if IN_NEED.search(value) else value
        case int() | float() | UUID() | date():
            return str(value)
        case list() | tuple() if all(isinstance(item, UUID | int) for item in value):
            return "{" + ",".join(map(str, value)) + "}"
        case dict() | list() | tuple():
            return copied(json.dumps(value))
    raise TypeError(f"COPY does not know how to write {type(value).__name__}")


def copy_lines(model: type[Model], columns: Mapping[str, Iterable[str]], count: int) -> tuple[list[str], list[str]]:
    """`count` new rows given by column, every value as `copied` writes it → (names of columns, lines of COPY).

    The keys are database column names. A field that is not named gets its default, the same in every row, or what the
    database gives it: so a table that gains such a field needs no change here.
    """
    values: dict[str, Iterable[str]] = dict(columns)
    for field in model._meta.concrete_fields:
        if field.column in values or field.generated or (field.primary_key and not field.has_default()):
            continue
        if field.has_default() or field.db_default is NOT_PROVIDED:
            values[str(field.column)] = repeat(copied(field.get_default()))
    return list(values), list(map("\t".join, islice(zip(*values.values(), strict=False), count)))


@dataclass(frozen=True, slots=True)
class Load:
    """Lines on their way into a table; `first`, where given, is a column of its own that came later than the rest.

    `setting` is one of the transaction's, "yes" while they are copied: the table's guard lets its keeper through.
    """

    model: type[Model]
    columns: Sequence[str]
    lines: Sequence[str]
    first: Sequence[str] = ()
    setting: str = ""


Instead = Callable[[], Sequence[Load]]


class CopyAhead:
    """COPY in a thread of its own, on this transaction's connection, while the caller makes the next rows ready.

    Within its block, whatever else asks the database waits until what is on its way has arrived, by itself. After each
    sending the deferred checks speak, so that what they remember does not grow with the rows.
    """

    def __init__(self) -> None:
        """Nothing is on its way."""
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="copy-ahead")
        self._way: Future[None] | None = None
        self._waiting: Any = None
        self._instead: Instead | None = None

    def __enter__(self) -> Self:
        """From here on every question through Django waits first."""
        self._waiting = connection.execute_wrapper(self._after)
        self._waiting.__enter__()
        return self

    def __exit__(self, *told: Any) -> None:
        """Nothing is on its way any more; an error that nobody waited for is lost with the transaction it broke."""
        way, self._way = self._way, None
        self._hands.shutdown(wait=True)
        if way is not None and way.exception() is not None:
            connection.needs_rollback = connection.in_atomic_block
        self._waiting.__exit__(*told)

    def _after(self, execute: Any, *question: Any) -> Any:
        """Ask the database once nothing is on its way."""
        self.wait()
        return execute(*question)

    def send(self, loads: Sequence[Load], *, instead: Instead | None = None) -> None:
        """Begin to copy, one after the other, once what was sent before has arrived.

        Where a row turns out to be there already, because somebody else stored it meanwhile, all of this sending is
        taken back and `instead` is asked, in the caller's thread, what to send in its place.
        """
        self.wait()
        connection.ensure_connection()
        self._instead = instead
        self._way = self._hands.submit(self._copy, connection.connection, loads)

    def wait(self) -> None:
        """Until everything has arrived; raises what the database said against it."""
        while self._way is not None:
            way, self._way = self._way, None
            error = way.exception()
            if isinstance(error, errors.UniqueViolation) and self._instead is not None:
                self._way = self._hands.submit(self._copy, connection.connection, self._instead())
            elif error is not None:
                with connection.wrap_database_errors:
                    connection.needs_rollback = connection.in_atomic_block
                    raise error

    def _copy(self, raw: Any, loads: Sequence[Load]) -> None:
        """The thread's work; a row that is there already leaves the transaction as it was before."""
        raw.execute("SAVEPOINT copy_ahead")
        try:
            with raw.cursor() as cursor:
                for load in loads:
                    if load.setting:
                        cursor.execute("SELECT set_config(%s, 'yes', true)", [load.setting])
                    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                        sql.Identifier(load.model._meta.db_table),
                        sql.SQL(", ").join(map(sql.Identifier, load.columns)),
                    )
                    lines = map("\t".join, zip(load.first, load.lines, strict=True)) if load.first else iter(load.lines)
                    with cursor.copy(statement) as copy:
                        while part := list(islice(lines, LINES_AT_ONCE)):
                            part.append("")
                            copy.write("\n".join(part))
                    if load.setting:
                        cursor.execute("SELECT set_config(%s, '', true)", [load.setting])
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except errors.UniqueViolation:
            raw.execute("ROLLBACK TO SAVEPOINT copy_ahead")
            raise
        raw.execute("RELEASE SAVEPOINT copy_ahead")


def any_uuid(values: Iterable[UUID]) -> RawSQL:
    """A sub-query of many ids sent as one array: `filter(pk__in=any_uuid(ids))` takes a million of them."""
    return RawSQL("SELECT unnest(%s::uuid[])", [list(values)])


def any_text(values: Iterable[str]) -> RawSQL:
    """The same for words."""
    return RawSQL("SELECT unnest(%s::text[])", [list(values)])


def rows_known(*models: type[Model]) -> int:
    """How many rows the planner believes the smallest of some tables to have; none where nobody counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(greatest(reltuples, 0))::bigint FROM pg_class WHERE oid = ANY(%s::regclass[])",
            [[model._meta.db_table for model in models]],
        )
        return int(cursor.fetchone()[0])


def renew_statistics(*models: type[Model]) -> None:
    """Tell the planner how many rows a table has now, in the middle of a transaction that added many.

    Triggers that look up something for each new row are otherwise planned for the table of before: on that of an
    import that was rolled back, which counts as empty, they took minutes instead of seconds.
    """
    names = sql.SQL(", ").join(sql.Identifier(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE {}").format(names))
