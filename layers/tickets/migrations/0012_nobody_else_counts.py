"""Nobody but their keepers writes pairs, spots and tallies, nor empties them; a spot knows when its matter was closed.

The triggers of tickets write them, and `layers/tickets/keeping.py` folds tallies and puts right what went wrong: it
says so to the guard by a setting of its transaction. Plain SQL, TRUNCATE included, is refused.
"""

from importlib import import_module

from django.db import migrations, models

narrow = import_module("layers.tickets.migrations.0008_spots_and_tallies")

CLOSED = "CASE WHEN row.state = 'closed' THEN row.changed_at END AS closed_at"
PLACED = narrow.PLACED.replace("row.due_at, place.x", f"row.due_at, {CLOSED}, place.x", 1)
COLUMNS = "ticket_id, code, reported_at, due_at, closed_at, category_id, x, y, pair_id, ward_id, state"
VALUES = COLUMNS.replace("ticket_id", "id", 1)
ADDED = f"""{narrow.PAIRS}
    WITH placed AS MATERIALIZED ({PLACED}),
    kept AS (INSERT INTO tickets_spot ({COLUMNS}) SELECT {VALUES} FROM placed)
    {narrow.TALLIED.format(counted="(SELECT *, 1 AS n FROM placed) AS counted")};
"""
# A plain field after a plain field: rows whose place, chains, category, state and times stay are not looked at.
MOVED = """(
        SELECT later.* FROM new_rows later JOIN old_rows earlier ON earlier.id = later.id
        WHERE (later.state, later.category_id, later.reported_at) IS DISTINCT FROM (earlier.state, earlier.category_id, earlier.reported_at)
           OR later.due_at IS DISTINCT FROM earlier.due_at OR later.point::bytea <> earlier.point::bytea
           OR (later.state = 'closed' AND later.changed_at <> earlier.changed_at)
           OR later.located_chain <> earlier.located_chain OR later.responsible_chain <> earlier.responsible_chain)"""
SET = ", ".join(f"{name} = placed.{name}" for name in COLUMNS.split(", ")[1:])
CHANGED = f"""
    IF NOT EXISTS (SELECT FROM {MOVED} AS moved) THEN RETURN NULL; END IF;
{narrow.PAIRS.format(rows=MOVED + " AS moved")}
    WITH placed AS MATERIALIZED ({PLACED.format(rows=MOVED)}),
    before AS MATERIALIZED (SELECT spot.* FROM tickets_spot spot JOIN placed ON placed.id = spot.ticket_id),
    kept AS (UPDATE tickets_spot spot SET {SET} FROM placed WHERE placed.id = spot.ticket_id)
    {
    narrow.TALLIED.format(
        counted='''(
        SELECT code, ward_id, category_id, state, reported_at, x, y, 1 AS n FROM placed
        UNION ALL SELECT code, ward_id, category_id, state, reported_at, x, y, -1 FROM before) AS counted'''
    )
};
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION tickets_spots_{event}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
{body}
    RETURN NULL;
END $$;
"""
# Written anew rather than changed row by row, which would leave as many dead rows behind as there are tickets.
FILLED = f"""
CREATE TEMPORARY TABLE tickets_spots_before ON COMMIT DROP AS
    SELECT spot.*, CASE WHEN ticket.state = 'closed' THEN ticket.changed_at END AS closed_then
    FROM tickets_spot spot JOIN tickets_ticket ticket ON ticket.id = spot.ticket_id;
TRUNCATE tickets_spot;
INSERT INTO tickets_spot ({COLUMNS})
    SELECT {COLUMNS.replace("closed_at", "closed_then")} FROM tickets_spots_before ORDER BY reported_at, ticket_id;
"""
UNGUARDED = """
DROP TRIGGER tickets_spots_are_kept ON tickets_spot;
DROP TRIGGER tickets_pairs_are_kept ON tickets_gridpair;
"""
GUARD = """
CREATE OR REPLACE FUNCTION tickets_spots_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR current_setting('tickets.keeper', true) IS DISTINCT FROM 'yes' THEN
        RAISE EXCEPTION '% is kept by triggers of tickets_ticket: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tickets_spots_are_kept';
    END IF;
    RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER tickets_{name}s_are_kept BEFORE INSERT OR UPDATE OR DELETE ON tickets_{table}
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION tickets_spots_are_kept();
CREATE TRIGGER tickets_{name}_no_truncate BEFORE TRUNCATE ON tickets_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_spots_are_kept();
"""
    for name, table in (("spot", "spot"), ("pair", "gridpair"), ("tally_row", "tally"))
)


class Migration(migrations.Migration):
    """One column with its index, the triggers that fill it, and the guards."""

    dependencies = [("tickets", "0011_words_are_found_by_index")]
    operations = [
        migrations.RunSQL(UNGUARDED, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="spot", name="closed_at", field=models.DateTimeField(null=True, verbose_name="closed")
        ),
        migrations.RunSQL(
            FILLED
            + FUNCTION.format(event="insert", body=ADDED.format(rows="new_rows"))
            + FUNCTION.format(event="update", body=CHANGED)
            + GUARD,
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(
                fields=["closed_at"],
                name="tickets_spot_closed",
                include=["ward", "pair", "category"],
                condition=models.Q(closed_at__isnull=False),
            ),
        ),
    ]
