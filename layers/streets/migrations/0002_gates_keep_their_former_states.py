"""Gates have hours and a history: a trigger keeps each former state and counts the changes; passages lead through."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import gis.shared.periods

FORWARD = """
CREATE FUNCTION streets_gate_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest streets_network;
    began timestamptz;
BEGIN
    SELECT * INTO newest FROM streets_network ORDER BY id DESC LIMIT 1;
    began := coalesce(OLD.since, OLD.drawn_at, newest.made_at);
    IF NEW.since IS NOT DISTINCT FROM OLD.since THEN
        NEW.since := clock_timestamp();  -- somebody changed the row by hand
    END IF;
    IF NEW.version = OLD.version THEN
        NEW.version := OLD.version + 1;
    END IF;
    IF began < NEW.since THEN
        INSERT INTO streets_formergate
            (gate_id, geometry, status, open_to, open_from, open_until, changed_by_id, valid_from, valid_until)
        VALUES (OLD.id, OLD.geometry, OLD.status, OLD.open_to, OLD.open_from, OLD.open_until, OLD.changed_by_id,
            began, NEW.since);
    END IF;
    UPDATE streets_network SET gates_version = gates_version + 1 WHERE id = newest.id;
    RETURN NEW;
END $$;
CREATE TRIGGER streets_gate_changed BEFORE UPDATE ON streets_gate FOR EACH ROW
    WHEN ((OLD.status, OLD.open_to, OLD.open_from, OLD.open_until, ST_AsBinary(OLD.geometry))
        IS DISTINCT FROM (NEW.status, NEW.open_to, NEW.open_from, NEW.open_until, ST_AsBinary(NEW.geometry)))
    EXECUTE FUNCTION streets_gate_changed();
CREATE FUNCTION streets_keep_former_gates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'former states of gates are kept as they were: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'streets_formergate_kept';
END $$;
CREATE TRIGGER streets_formergate_kept BEFORE UPDATE OR DELETE ON streets_formergate
    FOR EACH ROW EXECUTE FUNCTION streets_keep_former_gates();
"""
BACKWARD = """
DROP TRIGGER streets_formergate_kept ON streets_formergate;
DROP FUNCTION streets_keep_former_gates();
DROP TRIGGER streets_gate_changed ON streets_gate;
DROP FUNCTION streets_gate_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grids", "0012_points_of_residents"),
        ("streets", "0001_streets_and_gates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerGate",
            fields=[
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("geometry", django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name="place")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("inferred", "inferred"),
                            ("mapped", "mapped"),
                            ("confirmed", "confirmed"),
                            ("closed", "closed"),
                        ],
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "open_to",
                    models.CharField(
                        choices=[("all", "everybody"), ("residents", "residents only"), ("unknown", "not known")],
                        max_length=12,
                        verbose_name="open to",
                    ),
                ),
                ("open_from", models.TimeField(blank=True, null=True, verbose_name="opens")),
                ("open_until", models.TimeField(blank=True, null=True, verbose_name="closes")),
            ],
            options={
                "verbose_name": "former state of a gate",
                "verbose_name_plural": "former states of gates",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("outside", models.BigIntegerField(verbose_name="node outside")),
                ("inside", models.BigIntegerField(verbose_name="node inside")),
            ],
            options={
                "verbose_name": "passage",
                "verbose_name_plural": "passages",
            },
        ),
        migrations.AddField(
            model_name="gate",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="changed by",
            ),
        ),
        migrations.AddField(
            model_name="gate",
            name="drawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="drawn"),
        ),
        migrations.AddField(
            model_name="gate",
            name="noded",
            field=django.contrib.gis.db.models.fields.PointField(
                blank=True, null=True, srid=4326, verbose_name="place in the network"
            ),
        ),
        migrations.AddField(
            model_name="gate",
            name="open_from",
            field=models.TimeField(blank=True, null=True, verbose_name="opens"),
        ),
        migrations.AddField(
            model_name="gate",
            name="open_until",
            field=models.TimeField(blank=True, null=True, verbose_name="closes"),
        ),
        migrations.AddField(
            model_name="gate",
            name="since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="as it is since"),
        ),
        migrations.AddField(
            model_name="gate",
            name="version",
            field=models.PositiveIntegerField(default=1, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="network",
            name="gates_version",
            field=models.PositiveIntegerField(default=0, verbose_name="changes of gates since"),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("open_to__in", ["all", "residents", "unknown"]),
                    ("status__in", ["inferred", "mapped", "confirmed", "closed"]),
                ),
                name="streets_gate_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("open_from__isnull", True), ("open_until__isnull", True)),
                    models.Q(
                        ("open_from__isnull", False),
                        ("open_until__isnull", False),
                        models.Q(("open_from", models.F("open_until")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="streets_gate_hours",
            ),
        ),
        migrations.AddField(
            model_name="formergate",
            name="changed_by",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="changed by",
            ),
        ),
        migrations.AddField(
            model_name="formergate",
            name="gate",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="former",
                to="streets.gate",
                verbose_name="gate",
            ),
        ),
        migrations.AddField(
            model_name="passage",
            name="gate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="passages",
                to="streets.gate",
                verbose_name="gate",
            ),
        ),
        migrations.AddField(
            model_name="passage",
            name="wall",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="grids.area",
                verbose_name="walled compound",
            ),
        ),
        migrations.AddConstraint(
            model_name="formergate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                ),
                name="streets_formergate_period_has_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="formergate",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__isnull", False)), name="streets_formergate_ended"
            ),
        ),
        migrations.AddConstraint(
            model_name="formergate",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("gate", "="), (gis.shared.periods.TsTzRange("valid_from", "valid_until"), "&&")],
                name="streets_formergate_once",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
