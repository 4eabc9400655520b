"""What a report said once stays, and what follows from steps is changed by a step alone, also by plain SQL.

Number, times, category, door and who reported are written once. Clocks, place, who answers and version are changed
with a new version only, and at commit the ticket stands as its last step left it: nobody puts a due time back by hand.
"""

from importlib import import_module

from django.db import migrations

before = import_module("layers.tickets.migrations.0009_guard_steps_by_statement")

FIXED = (
    "id", "number", "category_id", "urgency", "channel", "external_source", "external_number", "reported_at",
    "recorded_at", "reported_by_id",
)  # fmt: skip
MOVED = (
    "sign_due_at", "handle_due_at", "reply_due_at", "verify_due_at", "paused_until", "due_at", "changed_at",
    "point", "accuracy_m", "raw_lon", "raw_lat", "datum", "located_area_id", "located_chain", "located_because", "floor",
    "responsible_area_id", "responsible_chain", "responsible_because",
)  # fmt: skip
LAST = {
    "state": "to_state",
    "version": "seq",
    "changed_at": "at",
    "due_at": "due_at",
    "responsible_area_id": "responsible_area_id",
}
"""Columns of a ticket that say what its last step says, and the step's column."""


def row(name: str, columns: object) -> str:
    """The columns of a row as one value."""
    return f"({', '.join(f'{name}.{column}' for column in columns)})"  # type: ignore[attr-defined]


STEPS = (
    before.FORWARD.split("DROP TRIGGER tickets_guard_event")[0]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace("ticket_id, to_state FROM fresh", "ticket_id, to_state, seq FROM fresh")
    .replace("(SELECT state FROM tickets_ticket", "(SELECT state, version FROM tickets_ticket")
    .replace(
        "ticket.state IS DISTINCT FROM last.to_state",
        "(ticket.state, ticket.version) IS DISTINCT FROM (last.to_state, last.seq)",
    )
)
FORWARD = f"""
UPDATE tickets_ticket ticket SET version = last.seq
    FROM (SELECT ticket_id, max(seq) AS seq FROM tickets_ticketevent GROUP BY ticket_id) AS last
    WHERE last.ticket_id = ticket.id AND last.seq <> ticket.version;
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION tickets_guard_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {row("OLD", FIXED)} IS DISTINCT FROM {row("NEW", FIXED)} THEN
        RAISE EXCEPTION 'ticket %: what its report said is not changed afterwards', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_facts_stay';
    END IF;
    IF NEW.version <= OLD.version AND {row("OLD", MOVED)} IS DISTINCT FROM {row("NEW", MOVED)} THEN
        RAISE EXCEPTION 'ticket %: its clocks, its place and who answers are changed by a step', OLD.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_changed_by_step';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard_facts BEFORE UPDATE ON tickets_ticket
    FOR EACH ROW EXECUTE FUNCTION tickets_guard_facts();

CREATE OR REPLACE FUNCTION tickets_guard_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ticket record;
BEGIN
    IF TG_TABLE_NAME = 'tickets_owed' THEN
        SELECT id, number, {", ".join(LAST)} INTO ticket FROM tickets_ticket WHERE id = NEW.ticket_id;
        DELETE FROM tickets_owed WHERE id = NEW.id;
    ELSE
        SELECT id, number, {", ".join(LAST)} INTO ticket FROM tickets_ticket WHERE id = NEW.id;
    END IF;
    IF NOT EXISTS (
            SELECT FROM (SELECT * FROM tickets_ticketevent WHERE ticket_id = ticket.id ORDER BY seq DESC LIMIT 1) AS last
            WHERE {row("last", LAST.values())} IS NOT DISTINCT FROM {row("ticket", LAST)}) THEN
        RAISE EXCEPTION 'ticket % does not stand as its last event left it', ticket.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_state_is_last_event';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER tickets_ticket_agrees ON tickets_ticket;
CREATE CONSTRAINT TRIGGER tickets_ticket_agrees AFTER INSERT OR UPDATE OF {", ".join(LAST)} ON tickets_ticket
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tickets_guard_agreement();
{STEPS}
"""


class Migration(migrations.Migration):
    """The guard of facts and clocks."""

    dependencies = [("tickets", "0012_nobody_else_counts")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
