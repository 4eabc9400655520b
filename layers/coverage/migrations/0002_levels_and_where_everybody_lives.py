"""Levels of service, where everybody lives (packed), and who changed it since.

A statement trigger on each table that the packed arrays were read from writes its transaction down; a settlement is
stale while there is an edit that its snapshot could not see (the argument of docs/decisions/0013).
"""

import django.utils.timezone
from django.db import migrations, models

TABLES = ("grids_boundary", "grids_population", "grids_populationpoint")
FUNCTION = """
CREATE FUNCTION coverage_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO coverage_edit (written_at, written_by) VALUES (clock_timestamp(), pg_current_xact_id()::text);
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER {table}_coverage AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_edited();
CREATE TRIGGER {table}_coverage_emptied AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION coverage_edited()
"""
GONE = "DROP TRIGGER {table}_coverage ON {table}; DROP TRIGGER {table}_coverage_emptied ON {table}"
FORWARD = [FUNCTION, *(TRIGGER.format(table=table) for table in TABLES)]
BACK = [*(GONE.format(table=table) for table in TABLES), "DROP FUNCTION coverage_edited()"]


class Migration(migrations.Migration):
    dependencies = [("coverage", "0001_walking_speeds"), ("grids", "0012_points_of_residents")]

    operations = [
        migrations.CreateModel(
            name="Edit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("written_by", models.TextField(verbose_name="transaction")),
            ],
            options={
                "verbose_name": "edit of areas or residents",
                "verbose_name_plural": "edits of areas or residents",
                "db_table": "coverage_edit",
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("seen", models.TextField(verbose_name="snapshot")),
                ("places", models.PositiveIntegerField(verbose_name="places where people live")),
                ("packed", models.BinaryField(verbose_name="arrays")),
            ],
            options={
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
                "get_latest_by": "id",
            },
        ),
        migrations.CreateModel(
            name="ServiceLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                ("name_en", models.CharField(blank=True, max_length=120, verbose_name="English name")),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("order", models.PositiveIntegerField(default=0, verbose_name="order")),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="minutes on foot")),
                ("kinds", models.JSONField(default=list, verbose_name="kinds of site that count")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="from which standard")),
            ],
            options={
                "verbose_name": "level of service",
                "verbose_name_plural": "levels of service",
                "ordering": ("order", "code"),
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="coverage_servicelevel_period_has_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1), ("minutes__lte", 30)),
                        name="coverage_servicelevel_walkable",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
