"""Tallies are added to by every writer and folded here, so that reading them stays short; the counts do not change."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

KEEPER = "tickets.keeper"
"""The setting of a transaction by which the guards of what follows from tickets know their keeper."""
ALONE = "hashtextextended('tickets-fold', 0)"

FOLD = """
WITH loose AS MATERIALIZED (
    SELECT DISTINCT cell, ward_id, category_id, state, month FROM tickets_tally WHERE NOT folded),
gone AS (
    DELETE FROM tickets_tally tally USING loose
    WHERE (tally.cell, tally.ward_id, tally.category_id, tally.state, tally.month)
        = (loose.cell, loose.ward_id, loose.category_id, loose.state, loose.month)
    RETURNING tally.*)
INSERT INTO tickets_tally (cell, ward_id, category_id, state, month, n, sum_x, sum_y, folded)
SELECT cell, ward_id, category_id, state, month, sum(n), sum(sum_x), sum(sum_y), TRUE
FROM gone GROUP BY cell, ward_id, category_id, state, month
HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
"""


@contextmanager
def keeper() -> Iterator[None]:
    """A transaction (or part of one) in which the guard of pairs, spots and tallies lets their keeper write."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [KEEPER])
        (before,) = cursor.fetchone()  # of a keeper round this one, who goes on afterwards
        cursor.execute("SELECT set_config(%s, 'yes', true)", [KEEPER])
        yield
        cursor.execute("SELECT set_config(%s, %s, true)", [KEEPER, before or ""])


def fold() -> int:
    """Make one row of all that count the same; returns how many are left of those, 0 where somebody else is at it.

    Who reads meanwhile sees the rows of before or those of after; who writes adds a row that is folded next time.
    """
    with keeper(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({ALONE})")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD)
        return int(cursor.rowcount)
