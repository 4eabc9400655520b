"""Whether the narrow rows tell what the tickets tell, and who lies across a border; putting right what does not.

Triggers keep pairs, spots and tallies in the transaction of each change. What they cannot see (a part of a table that
was restored, a tier that became a grid, triggers that somebody switched off) `verify` finds and `rebuild` mends.
"""

from dataclasses import dataclass
from importlib import import_module

from django.db import connection
from psycopg.sql import SQL, Identifier, Literal

from layers.tickets import bordering
from layers.tickets.models.spot import Tally
from layers.tickets.tallies import ALONE, keeper

narrow = import_module("layers.tickets.migrations.0008_spots_and_tallies")
closing = import_module("layers.tickets.migrations.0012_nobody_else_counts")

WRONG_PAIRS = SQL("""
    SELECT pair.id, upper.located, upper.responsible
    FROM tickets_gridpair pair LEFT JOIN tickets_gridpair ward ON ward.id = pair.ward_id
    CROSS JOIN LATERAL (SELECT tickets_upper_chain(pair.located_chain) AS located,
                               tickets_upper_chain(pair.responsible_chain) AS responsible OFFSET 0) AS upper
    WHERE (pair.key, ward.ward_id, ward.located_chain, ward.responsible_chain) IS DISTINCT FROM
          (tickets_pair_key(pair.located_chain, pair.responsible_chain), ward.id, upper.located, upper.responsible)
""")
# All of a row but its pair, which is compared by its chains: two writers at once may both have stored one.
PLACED = SQL(
    closing.PLACED.format(rows="tickets_ticket")
    .rsplit("CROSS JOIN LATERAL", 1)[0]
    .replace("pair.id AS pair_id, pair.ward_id", "row.located_chain, row.responsible_chain")
)
WRONG_SPOTS = SQL("""
    SELECT coalesce(placed.id, spot.ticket_id) AS id
    FROM ({placed}) AS placed FULL JOIN tickets_spot spot ON spot.ticket_id = placed.id
    LEFT JOIN tickets_gridpair pair ON pair.id = spot.pair_id
    WHERE (placed.id, placed.category_id, placed.state, placed.reported_at, placed.due_at, placed.closed_at,
           placed.x, placed.y, placed.code, placed.located_chain, placed.responsible_chain, pair.ward_id)
        IS DISTINCT FROM
          (spot.ticket_id, spot.category_id, spot.state, spot.reported_at, spot.due_at, spot.closed_at,
           spot.x, spot.y, spot.code, pair.located_chain, pair.responsible_chain, spot.ward_id)
""").format(placed=PLACED)
WRONG_TALLIES = SQL("""
    SELECT cell, ward_id, category_id, state, month, sum(n) AS n, sum(sum_x) AS sum_x, sum(sum_y) AS sum_y FROM (
        SELECT (code >> {shift})::int AS cell, ward_id, kind.id AS category_id, state, {month} AS month,
               1 AS n, x::bigint AS sum_x, y::bigint AS sum_y
        FROM tickets_spot CROSS JOIN LATERAL (VALUES (category_id), ({all})) AS kind (id)
        UNION ALL SELECT cell, ward_id, category_id, state, month, -n, -sum_x, -sum_y FROM tickets_tally) AS both_sides
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0
""").format(shift=SQL(str(narrow.SHIFT)), month=SQL(narrow.MONTH), all=Literal(Tally.ALL))
COUNTED = SQL("(SELECT count(*) FROM ({wrong}) AS wrong)")

MEND_PAIRS = """
UPDATE tickets_gridpair SET key = tickets_pair_key(located_chain, responsible_chain)
WHERE key <> tickets_pair_key(located_chain, responsible_chain);
WITH told AS (SELECT DISTINCT located, responsible FROM wrong_pairs)
INSERT INTO tickets_gridpair (id, key, located_chain, responsible_chain, ward_id)
SELECT own.id, tickets_pair_key(own.located, own.responsible), own.located, own.responsible, own.id
FROM (SELECT nextval(pg_get_serial_sequence('tickets_gridpair', 'id')) AS id, * FROM told WHERE NOT EXISTS (
        SELECT FROM tickets_gridpair pair WHERE pair.key = tickets_pair_key(told.located, told.responsible)
          AND (pair.located_chain, pair.responsible_chain)
            IS NOT DISTINCT FROM (told.located, told.responsible))) AS own;
UPDATE tickets_gridpair pair
SET ward_id = (
    SELECT min(ward.id + 0) FROM tickets_gridpair ward
    WHERE ward.key = tickets_pair_key(wrong.located, wrong.responsible)
      AND (ward.located_chain, ward.responsible_chain) IS NOT DISTINCT FROM (wrong.located, wrong.responsible))
FROM wrong_pairs wrong WHERE wrong.id = pair.id;
"""
MEND_SPOTS = SQL("""
CREATE TEMPORARY TABLE wrong_tickets ON COMMIT DROP AS
    SELECT ticket.* FROM tickets_ticket ticket JOIN wrong_spots USING (id);
{pairs}
DELETE FROM tickets_spot WHERE ticket_id IN (SELECT id FROM wrong_spots);
INSERT INTO tickets_spot ({columns}) SELECT {values} FROM ({placed}) AS placed;
""").format(
    pairs=SQL(narrow.PAIRS.format(rows="wrong_tickets")),
    columns=SQL(closing.COLUMNS),
    values=SQL(closing.VALUES),
    placed=SQL(closing.PLACED.format(rows="wrong_tickets")),
)
MEND_TALLIES = (
    "INSERT INTO tickets_tally (cell, ward_id, category_id, state, month, n, sum_x, sum_y) TABLE wrong_tallies"
)
MENDED = (
    ("wrong_pairs", WRONG_PAIRS, MEND_PAIRS),
    ("wrong_spots", WRONG_SPOTS, MEND_SPOTS),
    ("wrong_tallies", WRONG_TALLIES, MEND_TALLIES),
)


@dataclass(frozen=True, slots=True)
class Differences:
    """How many tickets there are, and how many pairs, spots, tallies and borders do not tell what they should."""

    tickets: int
    pairs: int
    spots: int
    tallies: int
    borders: int

    @property
    def none(self) -> bool:
        """Whether all is as it should be."""
        return not (self.pairs or self.spots or self.tallies or self.borders)


def verify() -> Differences:
    """Compare every narrow row with what it is made from, as of one moment; nothing is changed and nobody waits."""
    wrong = SQL(", ").join(COUNTED.format(wrong=statement) for _table, statement, _mend in MENDED)
    with connection.cursor() as cursor:
        cursor.execute(SQL("SELECT (SELECT count(*) FROM tickets_ticket), {}").format(wrong))
        counts = cursor.fetchone()
    return Differences(*[*counts, sum(1 for _one in bordering.differing())])


def rebuild() -> Differences:
    """Put right what differs, all or nothing, and tell how much that was; writers of tickets wait, readers do not."""
    with keeper(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets_ticket IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"SELECT pg_advisory_xact_lock({ALONE})")
        cursor.execute("SELECT count(*) FROM tickets_ticket")
        counts = [int(cursor.fetchone()[0])]
        for table, statement, mend in MENDED:
            cursor.execute(
                SQL("CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {wrong}").format(
                    table=Identifier(table), wrong=statement
                )
            )
            counts.append(cursor.rowcount)
            if cursor.rowcount:
                cursor.execute(mend)
        cursor.execute("DROP TABLE IF EXISTS wrong_pairs, wrong_spots, wrong_tickets, wrong_tallies")
        wrong = list(bordering.differing())
        bordering.mend(wrong)
        return Differences(*[*counts, len(wrong)])
