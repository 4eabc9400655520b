"""The narrow projection of tickets for lists and counts, kept by triggers in the transaction of each change.

*Pairs* hold both chains of grids once for all tickets that share them. *Spots* are a row a ticket: place on a curve
that keeps every tile of the map in one stretch, times, category, state, pair. *Tallies* count spots by cell, ward,
category, state and month; writers only ever add rows of +1 and -1, so that they never wait for each other, and the
worker folds them together (layers/tickets/tallies.py).
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

WORLD_BITS = 26
"""Columns and rows of the web's square map: 2^26 of each, 0.6 m at the equator."""
CELL_BITS = 15
"""Tallies count by cells of 2^15 columns and rows: an eighth of a tile's side at z12."""
WORLD = 2**WORLD_BITS
SHIFT = 2 * (WORLD_BITS - CELL_BITS)

# Both chains by their hash; upper() keeps of a chain the areas that are no grids.
CHAINS = """
CREATE FUNCTION tickets_upper_chain(chain uuid[]) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(one.area ORDER BY one.place), '{}') FROM unnest(chain) WITH ORDINALITY AS one(area, place)
    JOIN grids_area area ON area.id = one.area JOIN grids_tier tier ON tier.id = area.tier_id
    WHERE tier.grid_level IS NULL
$$;
CREATE FUNCTION tickets_pair_key(located uuid[], responsible uuid[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hash_array_extended(located, 0) # hash_array_extended(responsible, 1)
$$;
"""

# Pairs that no row holds yet: first the wards among them, then those that have a ward above. Writers that do not see
# each other may both store one: every question takes all that match, so nothing is counted twice or missed.
PAIRS = """
    WITH told AS MATERIALIZED (SELECT DISTINCT located_chain, responsible_chain FROM {rows}),
    missing AS MATERIALIZED (
        SELECT * FROM told WHERE NOT EXISTS (
            SELECT FROM tickets_gridpair pair
            WHERE pair.key = tickets_pair_key(told.located_chain, told.responsible_chain)
              AND (pair.located_chain, pair.responsible_chain) IS NOT DISTINCT FROM (told.located_chain, told.responsible_chain))),
    wards AS MATERIALIZED (
        SELECT DISTINCT tickets_upper_chain(located_chain) AS located, tickets_upper_chain(responsible_chain) AS responsible
        FROM missing)
    INSERT INTO tickets_gridpair (id, key, located_chain, responsible_chain, ward_id)
    SELECT own.id, tickets_pair_key(own.located, own.responsible), own.located, own.responsible, own.id
    FROM (SELECT nextval(pg_get_serial_sequence('tickets_gridpair', 'id')) AS id, * FROM wards WHERE NOT EXISTS (
            SELECT FROM tickets_gridpair pair
            WHERE pair.key = tickets_pair_key(wards.located, wards.responsible)
              AND (pair.located_chain, pair.responsible_chain) IS NOT DISTINCT FROM (wards.located, wards.responsible))) AS own;

    WITH told AS MATERIALIZED (SELECT DISTINCT located_chain, responsible_chain FROM {rows}),
    missing AS MATERIALIZED (
        SELECT *, tickets_upper_chain(located_chain) AS located, tickets_upper_chain(responsible_chain) AS responsible
        FROM told WHERE NOT EXISTS (
            SELECT FROM tickets_gridpair pair
            WHERE pair.key = tickets_pair_key(told.located_chain, told.responsible_chain)
              AND (pair.located_chain, pair.responsible_chain) IS NOT DISTINCT FROM (told.located_chain, told.responsible_chain)))
    INSERT INTO tickets_gridpair (key, located_chain, responsible_chain, ward_id)
    SELECT tickets_pair_key(located_chain, responsible_chain), located_chain, responsible_chain, ward.id
    FROM missing CROSS JOIN LATERAL (
        SELECT id FROM tickets_gridpair pair WHERE pair.key = tickets_pair_key(missing.located, missing.responsible)
          AND (pair.located_chain, pair.responsible_chain) IS NOT DISTINCT FROM (missing.located, missing.responsible)
        ORDER BY id + 0 LIMIT 1) AS ward;
"""


def spread(name: str) -> str:
    """A derived table with a zero between the bits of a number of 26, in five steps."""
    steps = [
        (16, "281470681808895"),
        (8, "71777214294589695"),
        (4, "1085102592571150095"),
        (2, "3689348814741910323"),
        (1, "6148914691236517205"),
    ]
    inner = f"SELECT place.{name}::bigint AS v OFFSET 0"
    for shift, mask in steps:
        inner = f"SELECT (v | (v << {shift})) & {mask} AS v FROM ({inner}) AS step OFFSET 0"
    return inner


PLACED = f"""
    SELECT row.id, row.category_id, row.state, row.reported_at, row.due_at, place.x, place.y,
           wide.v | (high.v << 1) AS code, pair.id AS pair_id, pair.ward_id
    FROM {{rows}} AS row
    CROSS JOIN LATERAL (
        SELECT greatest(0, least({WORLD - 1}, floor((ST_X(row.point) + 180) / 360 * {WORLD})))::int AS x,
               greatest(0, least({WORLD - 1}, floor((0.5 - asinh(tan(radians(ST_Y(row.point)))) / (2 * pi())) * {WORLD})))::int AS y
        OFFSET 0) AS place
    CROSS JOIN LATERAL ({spread("x")}) AS wide
    CROSS JOIN LATERAL ({spread("y")}) AS high
    CROSS JOIN LATERAL (
        SELECT id, ward_id FROM tickets_gridpair pair
        WHERE pair.key = tickets_pair_key(row.located_chain, row.responsible_chain)
          AND (pair.located_chain, pair.responsible_chain) IS NOT DISTINCT FROM (row.located_chain, row.responsible_chain)
        ORDER BY id + 0 LIMIT 1) AS pair
"""
COLUMNS = "ticket_id, code, reported_at, due_at, category_id, x, y, pair_id, ward_id, state"
MONTH = "date_trunc('month', reported_at AT TIME ZONE 'UTC')::date"
TALLIED = f"""
    INSERT INTO tickets_tally (cell, ward_id, category_id, state, month, n, sum_x, sum_y)
    SELECT (code >> {SHIFT})::int, ward_id, category_id, state, {MONTH}, sum(n), sum(n * x::bigint), sum(n * y::bigint)
    FROM {{counted}} GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0 OR sum(n * x::bigint) <> 0 OR sum(n * y::bigint) <> 0
"""
ADDED = f"""{PAIRS}
    WITH placed AS MATERIALIZED ({PLACED}),
    kept AS (
        INSERT INTO tickets_spot ({COLUMNS})
        SELECT id, code, reported_at, due_at, category_id, x, y, pair_id, ward_id, state FROM placed)
    {TALLIED.format(counted="(SELECT *, 1 AS n FROM placed) AS counted")};
"""
# A plain field after a plain field: rows whose place, chains, category, state and times stay are not looked at.
MOVED = """(
        SELECT later.* FROM new_rows later JOIN old_rows earlier ON earlier.id = later.id
        WHERE (later.state, later.category_id, later.reported_at) IS DISTINCT FROM (earlier.state, earlier.category_id, earlier.reported_at)
           OR later.due_at IS DISTINCT FROM earlier.due_at OR later.point::bytea <> earlier.point::bytea
           OR later.located_chain <> earlier.located_chain OR later.responsible_chain <> earlier.responsible_chain)"""
CHANGED = f"""
    IF NOT EXISTS (SELECT FROM {MOVED} AS moved) THEN RETURN NULL; END IF;
{PAIRS.format(rows=MOVED + " AS moved")}
    WITH placed AS MATERIALIZED ({PLACED.format(rows=MOVED)}),
    before AS MATERIALIZED (SELECT spot.* FROM tickets_spot spot JOIN placed ON placed.id = spot.ticket_id),
    kept AS (
        UPDATE tickets_spot spot
        SET (code, reported_at, due_at, category_id, x, y, pair_id, ward_id, state) =
            (placed.code, placed.reported_at, placed.due_at, placed.category_id, placed.x, placed.y, placed.pair_id,
             placed.ward_id, placed.state)
        FROM placed WHERE placed.id = spot.ticket_id)
    {
    TALLIED.format(
        counted='''(
        SELECT code, ward_id, category_id, state, reported_at, x, y, 1 AS n FROM placed
        UNION ALL SELECT code, ward_id, category_id, state, reported_at, x, y, -1 FROM before) AS counted'''
    )
};
"""
REMOVED = f"""
    WITH gone AS (DELETE FROM tickets_spot spot USING old_rows WHERE old_rows.id = spot.ticket_id RETURNING spot.*)
    {TALLIED.format(counted="(SELECT *, -1 AS n FROM gone) AS counted")};
"""
# Without statistics of the tables that are just being filled the planner would read them whole for every row, or walk
# along their ids in search of the first that fits: hence no sequential scans, and `id + 0`, which no index has. A plain
# `=` of chains would be looked up in the index of the areas in them, which grows with the table; the key is one step.
FUNCTION = """
CREATE FUNCTION tickets_spots_{event}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
{body}
    RETURN NULL;
END $$;
CREATE TRIGGER tickets_spots_{event} AFTER {event} ON tickets_ticket REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_spots_{event}();
"""
TRIGGERS = (
    FUNCTION.format(event="insert", tables="NEW TABLE AS new_rows", body=ADDED.format(rows="new_rows"))
    + FUNCTION.format(event="update", tables="OLD TABLE AS old_rows NEW TABLE AS new_rows", body=CHANGED)
    + FUNCTION.format(event="delete", tables="OLD TABLE AS old_rows", body=REMOVED)
)
# Nobody but the triggers writes what they keep.
GUARD = """
CREATE FUNCTION tickets_spots_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept by triggers of tickets_ticket: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tickets_spots_are_kept';
END $$;
CREATE TRIGGER tickets_spots_are_kept BEFORE INSERT OR UPDATE OR DELETE ON tickets_spot
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION tickets_spots_are_kept();
CREATE TRIGGER tickets_pairs_are_kept BEFORE INSERT OR UPDATE OR DELETE ON tickets_gridpair
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION tickets_spots_are_kept();
"""
FILLED = f"""
SET LOCAL enable_seqscan = off;
DO $$ BEGIN
{ADDED.format(rows="tickets_ticket")}
END $$;
SET LOCAL enable_seqscan = on;
ANALYZE tickets_gridpair;
ANALYZE tickets_spot;
ANALYZE tickets_tally;
"""
DROPPED = """
DROP TRIGGER tickets_pairs_are_kept ON tickets_gridpair;
DROP TRIGGER tickets_spots_are_kept ON tickets_spot;
DROP FUNCTION tickets_spots_are_kept();
DROP FUNCTION tickets_spots_insert() CASCADE;
DROP FUNCTION tickets_spots_update() CASCADE;
DROP FUNCTION tickets_spots_delete() CASCADE;
DROP FUNCTION tickets_pair_key(uuid[], uuid[]);
DROP FUNCTION tickets_upper_chain(uuid[]);
"""


class Migration(migrations.Migration):
    """Three tables and what keeps them."""

    dependencies = [
        ("tickets", "0007_guard_the_whole_table"),
    ]

    operations = [
        migrations.CreateModel(
            name="GridPair",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("key", models.BigIntegerField(verbose_name="hash of both chains")),
                (
                    "located_chain",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None, verbose_name="located in, with all above"
                    ),
                ),
                (
                    "responsible_chain",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None, verbose_name="responsible area, with all above"
                    ),
                ),
                (
                    "ward",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.gridpair",
                    ),
                ),
            ],
            options={
                "verbose_name": "pair of grids",
                "verbose_name_plural": "pairs of grids",
            },
        ),
        migrations.CreateModel(
            name="Spot",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="spot",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
                ("code", models.BigIntegerField(verbose_name="place on the curve")),
                ("reported_at", models.DateTimeField(verbose_name="reported")),
                ("due_at", models.DateTimeField(null=True, verbose_name="next due")),
                ("x", models.IntegerField(verbose_name="column")),
                ("y", models.IntegerField(verbose_name="row")),
                ("state", models.CharField(max_length=12, verbose_name="state")),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.category",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.gridpair",
                    ),
                ),
                (
                    "ward",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.gridpair",
                    ),
                ),
            ],
            options={
                "verbose_name": "spot of a ticket",
                "verbose_name_plural": "spots of tickets",
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cell", models.IntegerField(verbose_name="cell on the curve")),
                ("state", models.CharField(max_length=12, verbose_name="state")),
                ("month", models.DateField(verbose_name="first of the month")),
                ("n", models.IntegerField(verbose_name="how many more")),
                ("sum_x", models.BigIntegerField(verbose_name="sum of columns")),
                ("sum_y", models.BigIntegerField(verbose_name="sum of rows")),
                ("folded", models.BooleanField(db_default=False, default=False, verbose_name="folded")),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.category",
                    ),
                ),
                (
                    "ward",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tickets.gridpair",
                    ),
                ),
            ],
            options={
                "verbose_name": "tally of tickets",
                "verbose_name_plural": "tallies of tickets",
            },
        ),
        migrations.AddIndex(
            model_name="gridpair",
            index=models.Index(fields=["key"], name="tickets_pair_key"),
        ),
        migrations.AddIndex(
            model_name="gridpair",
            index=models.Index(condition=models.Q(("id", models.F("ward"))), fields=["id"], name="tickets_pair_ward"),
        ),
        migrations.AddIndex(
            model_name="gridpair",
            index=django.contrib.postgres.indexes.GinIndex(fields=["located_chain"], name="tickets_pair_located"),
        ),
        migrations.AddIndex(
            model_name="gridpair",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["responsible_chain"], name="tickets_pair_responsible"
            ),
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(
                fields=["state", "code"],
                include=("x", "y", "ward", "category", "reported_at", "due_at"),
                name="tickets_spot_place",
            ),
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(
                fields=["reported_at", "ticket"],
                include=("state", "code", "x", "y", "ward", "category", "due_at"),
                name="tickets_spot_time",
            ),
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at", "ticket"],
                include=("state", "code", "x", "y", "ward", "category", "reported_at"),
                name="tickets_spot_due",
            ),
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(fields=["pair"], name="tickets_spot_pair"),
        ),
        migrations.AddIndex(
            model_name="spot",
            index=models.Index(fields=["ward"], name="tickets_spot_ward"),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(
                fields=["cell", "ward", "category", "state", "month"],
                include=("n", "sum_x", "sum_y"),
                name="tickets_tally_place",
            ),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(condition=models.Q(("folded", False)), fields=["id"], name="tickets_tally_loose"),
        ),
        migrations.RunSQL(CHAINS + FILLED + TRIGGERS + GUARD, DROPPED),
    ]
