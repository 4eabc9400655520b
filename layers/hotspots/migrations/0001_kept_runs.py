"""Results that planners keep; what was found is never changed afterwards."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAYS = """
CREATE FUNCTION hotspots_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a kept result is not changed: keep a new one'
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'hotspots_run_stays';
END $$;
CREATE TRIGGER hotspots_run_stays BEFORE UPDATE ON hotspots_run
    FOR EACH ROW EXECUTE FUNCTION hotspots_run_stays();
"""
GOES = "DROP TRIGGER hotspots_run_stays ON hotspots_run; DROP FUNCTION hotspots_run_stays();"


class Migration(migrations.Migration):
    """One table and its guard."""

    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120, verbose_name="name of the result")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                (
                    "asked",
                    models.JSONField(help_text="The words of the question as they were given.", verbose_name="asked"),
                ),
                (
                    "question",
                    models.JSONField(
                        help_text="The same with everything that was chosen, and the seed.", verbose_name="question"
                    ),
                ),
                ("summary", models.JSONField(verbose_name="figures")),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None, verbose_name="areas"
                    ),
                ),
                ("shows_residents", models.BooleanField(verbose_name="shows residents")),
                (
                    "document",
                    models.BinaryField(
                        help_text="GeoJSON with z, p and class of every cell, packed by gzip.", verbose_name="cells"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kept by",
                    ),
                ),
            ],
            options={
                "verbose_name": "kept hot spots",
                "verbose_name_plural": "kept hot spots",
                "indexes": [models.Index(fields=["account", "-made_at"], name="hotspots_runs_of_an_account")],
                "constraints": [
                    models.CheckConstraint(
                        name="hotspots_run_has_name", condition=models.Q(("name", ""), _negated=True)
                    ),
                    models.CheckConstraint(name="hotspots_run_has_areas", condition=models.Q(("areas__len__gt", 0))),
                ],
            },
        ),
        migrations.RunSQL(STAYS, GOES),
    ]
