"""Which tickets changed, and whether residents did: what a process that holds them asks before it answers.

A row names the transaction that wrote it, so that a reader knows from its own snapshot what it could not see yet,
whichever of two writers committed first. A statement that touches many tickets writes one row for all of them.
"""

from django.db import migrations, models

MANY = 1_000
"""More tickets at once are not told one by one."""
BIG = "pg_current_xact_id()::text::bigint"

TOUCHED = """
    IF (SELECT count(*) FROM (SELECT FROM {rows} LIMIT {most}) AS told) >= {most} THEN
        INSERT INTO hotspots_touched (ticket_id, residents, written_by, written_at)
        VALUES (NULL, FALSE, {xid}, clock_timestamp());
    ELSE
        INSERT INTO hotspots_touched (ticket_id, residents, written_by, written_at)
        SELECT {key}, FALSE, {xid}, clock_timestamp() FROM {rows};
    END IF;
"""
# What is held of a ticket: its place to the last digit, when, of which category, whose. States are not held.
RENEWED = """(
        SELECT later.ticket_id FROM new_rows later JOIN old_rows earlier USING (ticket_id)
        WHERE (later.pair_id, later.ward_id, later.category_id, later.reported_at)
            IS DISTINCT FROM (earlier.pair_id, earlier.ward_id, earlier.category_id, earlier.reported_at)) AS renewed"""
MOVED = """(
        SELECT later.id FROM new_rows later JOIN old_rows earlier USING (id)
        WHERE later.point::bytea <> earlier.point::bytea) AS moved"""
ALL = f"""
    INSERT INTO hotspots_touched (ticket_id, residents, written_by, written_at)
    VALUES (NULL, {{residents}}, {BIG}, clock_timestamp());
"""
FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{body}
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER {name} AFTER {event} ON {table} {referencing}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
REFERENCING = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}


def told(rows: str, key: str) -> str:
    """The body that tells some tickets."""
    return TOUCHED.format(rows=rows, key=key, most=MANY + 1, xid=BIG)


# (table, event) → what is written
BODIES = {
    ("tickets_spot", "INSERT"): told("new_rows", "ticket_id"),
    ("tickets_spot", "UPDATE"): told(RENEWED, "ticket_id"),
    ("tickets_spot", "DELETE"): told("old_rows", "ticket_id"),
    ("tickets_spot", "TRUNCATE"): ALL.format(residents="FALSE"),
    ("tickets_ticket", "UPDATE"): told(MOVED, "id"),
    ("tickets_ticket", "TRUNCATE"): ALL.format(residents="FALSE"),
    **{
        (table, event): ALL.format(residents="TRUE")
        for table in ("grids_population", "grids_populationpoint", "grids_ageband")
        for event in ("INSERT OR UPDATE OR DELETE", "TRUNCATE")
    },
}


def statements() -> tuple[str, str]:
    """All functions with their triggers, and how they are taken away."""
    made, gone = "", ""
    for (table, event), body in BODIES.items():
        name = f"hotspots_{table}_{event.split()[0].lower()}"
        made += FUNCTION.format(name=name, body=body)
        made += TRIGGER.format(
            name=name, event=event, table=table, referencing=REFERENCING.get(event, ""), function=name
        )
        gone = f"DROP FUNCTION {name}() CASCADE;\n" + gone
    return made, gone


class Migration(migrations.Migration):
    """One table and the triggers that fill it; kept results know whether they tell small figures."""

    dependencies = [
        ("hotspots", "0001_kept_runs"),
        ("grids", "0012_points_of_residents"),
        ("tickets", "0015_both_sides_of_a_border"),
    ]

    operations = [
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ticket_id", models.UUIDField(help_text="empty: all tickets, or residents", null=True)),
                ("residents", models.BooleanField(verbose_name="residents changed")),
                ("written_by", models.BigIntegerField(verbose_name="transaction")),
                ("written_at", models.DateTimeField(verbose_name="written")),
            ],
            options={
                "verbose_name": "change that hot spots follow",
                "verbose_name_plural": "changes that hot spots follow",
                "indexes": [
                    models.Index(fields=["written_by"], name="hotspots_touched_by"),
                    models.Index(fields=["written_at"], name="hotspots_touched_at"),
                ],
            },
        ),
        migrations.RunSQL(*statements()),
        # what was kept before may be exact: nobody opens it who may not read that
        migrations.AddField(
            model_name="run",
            name="exact_residents",
            field=models.BooleanField(db_default=True, default=True, verbose_name="shows residents exactly"),
        ),
    ]
