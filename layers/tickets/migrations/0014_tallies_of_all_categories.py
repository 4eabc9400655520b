"""Tallies of all categories beside those of each: what is asked without a category reads an eighth of the rows.

Their index begins with the category (0: all of them) and the state, because that is what most questions name.
"""

from importlib import import_module

from django.db import migrations, models

narrow = import_module("layers.tickets.migrations.0008_spots_and_tallies")
closing = import_module("layers.tickets.migrations.0012_nobody_else_counts")

BY = f"(code >> {narrow.SHIFT})::int, ward_id, state, {narrow.MONTH}"
TALLIED = f"""
    INSERT INTO tickets_tally (cell, ward_id, state, month, category_id, n, sum_x, sum_y)
    SELECT {BY}, coalesce(category_id, 0), sum(n), sum(n * x::bigint), sum(n * y::bigint)
    FROM {{counted}} GROUP BY GROUPING SETS (({BY}, category_id), ({BY}))
    HAVING sum(n) <> 0 OR sum(n * x::bigint) <> 0 OR sum(n * y::bigint) <> 0
"""
COUNTED = "(SELECT *, 1 AS n FROM placed) AS counted"
GONE = "(SELECT *, -1 AS n FROM gone) AS counted"
BOTH = """(
        SELECT code, ward_id, category_id, state, reported_at, x, y, 1 AS n FROM placed
        UNION ALL SELECT code, ward_id, category_id, state, reported_at, x, y, -1 FROM before) AS counted"""


def body(of: str, counted: str) -> str:
    """The statements of a trigger with the tallies of now."""
    before = narrow.TALLIED.format(counted=counted)
    if before not in of:
        raise ValueError("no tallies to replace")
    return of.replace(before, TALLIED.format(counted=counted))


TRIGGERS = "".join(
    closing.FUNCTION.format(event=event, body=body(of, counted))
    for event, of, counted in (
        ("insert", closing.ADDED.format(rows="new_rows"), COUNTED),
        ("update", closing.CHANGED, BOTH),
        ("delete", narrow.REMOVED, GONE),
    )
)
FILLED = """
SELECT set_config('tickets.keeper', 'yes', true);
INSERT INTO tickets_tally (cell, ward_id, state, month, category_id, n, sum_x, sum_y, folded)
    SELECT cell, ward_id, state, month, 0, sum(n), sum(sum_x), sum(sum_y), TRUE FROM tickets_tally GROUP BY 1, 2, 3, 4
    HAVING sum(n) <> 0 OR sum(sum_x) <> 0 OR sum(sum_y) <> 0;
SELECT set_config('tickets.keeper', '', true);
"""


class Migration(migrations.Migration):
    """More rows, another order."""

    dependencies = [("tickets", "0013_facts_stay_and_clocks_follow_steps")]
    operations = [
        migrations.RemoveIndex(model_name="tally", name="tickets_tally_place"),
        migrations.RunSQL(FILLED + TRIGGERS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(
                fields=["category", "state", "cell", "ward", "month"],
                include=("n", "sum_x", "sum_y"),
                name="tickets_tally_place",
            ),
        ),
    ]
