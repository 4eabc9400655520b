"""Gates are drawn as they were: a view of what each is and of all it was, for the map at a past moment."""

import django.contrib.gis.db.models.fields
import django.utils.timezone
from django.db import migrations, models

FIRST = "'0001-01-01 00:00:00+00'::timestamptz"
# What was there from the first (nobody drew it) has always been as it was in its first state.
FORWARD = f"""
CREATE VIEW streets_gatethen AS
    SELECT gate.id,
           CASE WHEN gate.drawn_at IS NULL
                     AND NOT EXISTS (SELECT FROM streets_formergate was WHERE was.gate_id = gate.id)
                THEN {FIRST} ELSE coalesce(gate.since, gate.drawn_at, {FIRST}) END AS valid_from,
           NULL::timestamptz AS valid_until, gate.geometry, gate.status, gate.open_to
        FROM streets_gate gate
    UNION ALL
    SELECT was.gate_id,
           CASE WHEN gate.drawn_at IS NULL AND NOT EXISTS (
                    SELECT FROM streets_formergate older
                    WHERE older.gate_id = was.gate_id AND older.valid_from < was.valid_from)
                THEN {FIRST} ELSE was.valid_from END,
           was.valid_until, was.geometry, was.status, was.open_to
        FROM streets_formergate was JOIN streets_gate gate ON gate.id = was.gate_id;
"""


class Migration(migrations.Migration):
    dependencies = [("streets", "0002_gates_keep_their_former_states")]

    operations = [
        migrations.RunSQL(FORWARD, "DROP VIEW streets_gatethen;"),
        migrations.CreateModel(
            name="GateThen",
            fields=[
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("geometry", django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name="place")),
                ("status", models.CharField(choices=[("inferred", "inferred"), ("mapped", "mapped"), ("confirmed", "confirmed"), ("closed", "closed")], max_length=12, verbose_name="status")),
                ("open_to", models.CharField(choices=[("all", "everybody"), ("residents", "residents only"), ("unknown", "not known")], max_length=12, verbose_name="open to")),
            ],
            options={
                "verbose_name": "gate at a moment",
                "verbose_name_plural": "gates at a moment",
                "db_table": "streets_gatethen",
                "managed": False,
            },
        ),
    ]
