"""Bulk doors to the database: COPY into a table, millions of rows, inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL
from psycopg import sql


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


def any_uuid(values: Iterable[UUID]) -> RawSQL:
    """A sub-query of many ids sent as one array: `filter(pk__in=any_uuid(ids))` takes a million of them."""
    return RawSQL("SELECT unnest(%s::uuid[])", [list(values)])


def any_text(values: Iterable[str]) -> RawSQL:
    """The same for words."""
    return RawSQL("SELECT unnest(%s::text[])", [list(values)])


def renew_statistics(*models: type[Model]) -> None:
    """Tell the planner how many rows a table has now, in the middle of a transaction that added many.

    Triggers that look up something for each new row are otherwise planned for the table of before: on that of an
    import that was rolled back, which counts as empty, they took minutes instead of seconds.
    """
    names = sql.SQL(", ").join(sql.Identifier(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE {}").format(names))
