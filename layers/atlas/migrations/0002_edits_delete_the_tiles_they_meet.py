"""Whatever door a change comes through, the tiles that meet it go in the same transaction.

One statement trigger a drawn table: it tells which layer changed where (old and new shapes), from which moment on, and
when that comes into force. Each such place is written down (`atlas_edit`) and the tiles that meet it are deleted. A
tile that somebody is just making from what he saw before is found out by the written edit (`layers.atlas.keeping`).
Tiles that another transaction is deleting are skipped: waiting for them could end in a deadlock, and the written edit
makes them worthless anyway. A statement with very many rows tells one box a layer instead of every shape.
"""

from django.db import migrations

MOST_PLACES = 100
ALWAYS = "'-infinity'::timestamptz"
WORLD = "ST_MakeEnvelope(-180, -90, 180, 90, 4326)"
NOW = "statement_timestamp()"

BOUNDARY = f"""
    SELECT tier.code AS layer, r.geometry AS place, r.valid_from AS since, greatest(r.valid_from, {NOW}) AS at
        FROM {{rows}} r JOIN grids_tier tier ON tier.id = r.tier_id
    UNION SELECT tier.code, r.geometry, r.valid_until, r.valid_until
        FROM {{rows}} r JOIN grids_tier tier ON tier.id = r.tier_id WHERE r.valid_until > {NOW}
"""
BOUNDARY_UPDATED = f"""
    SELECT tier.code AS layer, later.geometry AS place,
           CASE WHEN later.valid_until IS DISTINCT FROM earlier.valid_until
                THEN least(later.valid_until, earlier.valid_until)
                ELSE later.valid_from END AS since,
           greatest(later.valid_until, {NOW}) AS at
        FROM new_rows later JOIN old_rows earlier ON earlier.id = later.id
        JOIN grids_tier tier ON tier.id = later.tier_id
    UNION SELECT tier.code, later.geometry, least(later.valid_until, earlier.valid_until), {NOW}
        FROM new_rows later JOIN old_rows earlier ON earlier.id = later.id
        JOIN grids_tier tier ON tier.id = later.tier_id
        WHERE later.valid_until > {NOW}
"""
FEATURE = f"""
    SELECT CASE r.kind WHEN 'water' THEN 'water' WHEN 'green' THEN 'green' WHEN 'building' THEN 'footprints'
                ELSE 'landuse' END AS layer, r.geometry AS place, {ALWAYS} AS since, {NOW} AS at FROM {{rows}} r
"""
TICKET = f"""
    SELECT layer.name AS layer, r.point AS place, r.reported_at AS since, {NOW} AS at
        FROM {{rows}} r CROSS JOIN (VALUES ('tickets'), ('ticket_cells')) AS layer(name)
"""


def whole(layer: str, geometry: str = "r.geometry") -> str:
    """A table that is one layer without a history."""
    return f"SELECT '{layer}' AS layer, {geometry} AS place, {ALWAYS} AS since, {NOW} AS at FROM {{rows}} r"


TABLES: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    # table: what an inserted or deleted row tells, what an updated one tells (None: its old and its new state),
    # the layers that go when the table is emptied
    "grids_boundary": (
        BOUNDARY, BOUNDARY_UPDATED, ("prefecture", "county", "street", "community", "compound", "building", "unit"),
    ),
    "streets_feature": (FEATURE, None, ("landuse", "green", "water", "footprints")),
    "streets_way": (whole("roads"), None, ("roads",)),
    "streets_barrier": (whole("barriers"), None, ("barriers",)),
    "streets_gate": (whole("gates"), None, ("gates",)),
    "service_sites_site": (whole("sites"), None, ("sites",)),
    "service_sites_sitekind": (whole("sites", WORLD), None, ("sites",)),
    "tickets_ticket": (TICKET, None, ("tickets", "ticket_cells")),
    "tickets_category": (whole("tickets", WORLD), None, ("tickets",)),
}  # fmt: skip

FORGET = """
        WITH touched AS MATERIALIZED ({touched}),
        many AS (SELECT layer FROM touched GROUP BY layer HAVING count(*) > {most}),
        told AS (
            SELECT layer, place, since, at FROM touched WHERE layer NOT IN (SELECT layer FROM many)
            UNION ALL
            SELECT layer, ST_SetSRID(ST_Extent(place)::geometry, 4326), min(since), at FROM touched
                WHERE layer IN (SELECT layer FROM many) GROUP BY layer, at
        ),
        edits AS (
            INSERT INTO atlas_edit (layer, place, since, at, written_at, written_by)
            SELECT layer, place, since, at, clock_timestamp(), pg_current_xact_id() FROM told
            RETURNING layer, place, since
        )
        DELETE FROM atlas_tile WHERE id IN (
            SELECT tile.id FROM atlas_tile tile JOIN edits
                ON edits.layer = tile.layer AND edits.place && tile.envelope
                AND (tile.moment IS NULL OR tile.moment >= edits.since) AND ST_Intersects(edits.place, tile.envelope)
            FOR UPDATE OF tile SKIP LOCKED);
"""


def function(table: str) -> str:
    """The trigger function of one table and its triggers."""
    rows, updated, layers = TABLES[table]
    both = f"{rows.format(rows='old_rows')} UNION {rows.format(rows='new_rows')}"
    emptied = " UNION ".join(f"SELECT '{name}' AS layer, {WORLD} AS place, {ALWAYS} AS since, {NOW} AS at" for name in layers)
    parts = {
        "INSERT": rows.format(rows="new_rows"),
        "UPDATE": updated or both,
        "DELETE": rows.format(rows="old_rows"),
        "TRUNCATE": emptied,
    }
    body = "".join(
        f"    {'IF' if event == 'INSERT' else 'ELSIF'} TG_OP = '{event}' THEN{FORGET.format(touched=part, most=MOST_PLACES)}"
        for event, part in parts.items()
    )
    tables = {"INSERT": "NEW TABLE AS new_rows", "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
    triggers = "".join(
        f"CREATE TRIGGER {table}_tiles_{event.lower()} AFTER {event} ON {table} "
        f"{f'REFERENCING {tables[event]}' if event in tables else ''} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_forget_tiles();\n"
        for event in parts
    )
    return (
        f"CREATE FUNCTION {table}_forget_tiles() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n{body}    END IF;\n"
        f"    RETURN NULL;\nEND $$;\n{triggers}"
    )


UNLOGGED = "".join(
    f"ALTER TABLE {table} SET UNLOGGED;\n"
    for table in ("atlas_tile", "atlas_edit", "atlas_outline", "atlas_simplification", "atlas_anchor")
)
STORAGE = """
-- tiles are read whole and hardly shrink
ALTER TABLE atlas_tile ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE atlas_tile SET (autovacuum_vacuum_scale_factor = 0.05);
"""


class Migration(migrations.Migration):
    """Triggers on what is drawn."""

    dependencies = [
        ("atlas", "0001_tiles_and_outlines_that_are_kept"),
        ("grids", "0007_who_works_for_whom_and_on_what"),
        ("streets", "0001_streets_and_gates"),
        ("service_sites", "0001_sites_and_their_hours"),
        ("tickets", "0002_guard_states_and_events"),
    ]
    operations = [
        migrations.RunSQL(UNLOGGED + STORAGE, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(function(table), f"DROP FUNCTION {table}_forget_tiles() CASCADE;")
            for table in TABLES
        ),
    ]
