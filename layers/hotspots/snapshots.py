"""From which state of the database something was read, and which changes it could not see (docs/decisions/0033)."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.sql import SQL

STATE = """
SELECT pg_current_snapshot()::text, pg_relation_filenode('hotspots_touched')::bigint,
       pg_current_xact_id_if_assigned()::text::bigint,
       EXISTS (SELECT FROM hotspots_touched WHERE written_by = pg_current_xact_id_if_assigned()::text::bigint)
"""
UNSEEN = SQL(
    "written_by >= %s AND (written_by = %s OR NOT pg_visible_in_snapshot(written_by::text::xid8, %s::pg_snapshot))"
)
"""Rows of hotspots_touched that a state could not see; its values are `State.values`."""


@dataclass(frozen=True, slots=True)
class State:
    """A snapshot, the table of changes as it was (another once it was emptied), and the transaction that looked."""

    seen: str
    filenode: int
    own: int | None = None  # the transaction's number, where it had one: what it writes later is not seen either

    @property
    def values(self) -> list[Any]:
        """For the places of UNSEEN."""
        return [int(self.seen.split(":")[0]), self.own, self.seen]


def now() -> tuple[State, bool]:
    """The state that is seen now, and whether this transaction has changed something of it that may be taken back."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        seen, filenode, own, changed = cursor.fetchone()
    return State(str(seen), int(filenode), own), bool(changed)
