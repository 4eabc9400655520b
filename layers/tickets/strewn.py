"""How many tickets stand in each small cell of the map, for pictures of densities."""

from datetime import datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg.sql import SQL, Literal

from layers.tickets.sight import Asked, Sight, conditions, joined
from layers.tickets.spots import MOST_BITS

Ints = NDArray[np.int64]
# Packed as one run of numbers: a million cells are no million rows of Python.
STREWN = SQL("""
SELECT string_agg(int8send(cell) || int8send(n), ''::bytea) FROM (
    SELECT (spot.code >> {shift})::bigint AS cell, count(*) AS n FROM tickets_spot spot WHERE {where} GROUP BY 1
) AS held
""")
MASKS = (
    (1, 0x3333333333333333),
    (2, 0x0F0F0F0F0F0F0F0F),
    (4, 0x00FF00FF00FF00FF),
    (8, 0x0000FFFF0000FFFF),
    (16, 0x00000000FFFFFFFF),
)


def strewn(asked: Asked, sight: Sight, bits: int, *, now: datetime) -> tuple[Ints, Ints]:
    """Codes of the cells of 2^bits columns and rows that hold tickets, and how many each holds, in no order."""
    where, params = joined([conditions(asked, now), sight.where("spot")])
    with connection.cursor() as cursor:
        cursor.execute(STREWN.format(shift=Literal(MOST_BITS - 2 * bits), where=where), params)
        found = np.frombuffer(bytes(cursor.fetchone()[0] or b""), dtype=">i8").astype(np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def columns_and_rows(codes: Ints) -> tuple[Ints, Ints]:
    """The columns and rows that `spots.code_of` interleaved."""
    return _even_bits(codes), _even_bits(codes >> 1)


def _even_bits(codes: Ints) -> Ints:
    """The bits at the even places, side by side."""
    left = codes & 0x5555555555555555
    for shift, mask in MASKS:
        left = (left | left >> shift) & mask
    return left
