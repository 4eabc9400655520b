"""Opening hours that held until somebody changed them; what was stored is kept as it was."""

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import gis.shared.periods

FORWARD = """
CREATE FUNCTION service_sites_keep_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'former opening hours are kept as they were: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'service_sites_formerhours_kept';
END $$;
CREATE TRIGGER service_sites_formerhours_kept BEFORE UPDATE OR DELETE ON service_sites_formerhours
    FOR EACH ROW EXECUTE FUNCTION service_sites_keep_hours();
"""
BACKWARD = """
DROP TRIGGER service_sites_formerhours_kept ON service_sites_formerhours;
DROP FUNCTION service_sites_keep_hours();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("service_sites", "0001_sites_and_their_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerHours",
            fields=[
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hours", models.JSONField(default=dict, verbose_name="opening hours")),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_hours",
                        to="service_sites.site",
                        verbose_name="site",
                    ),
                ),
            ],
            options={
                "verbose_name": "former opening hours",
                "verbose_name_plural": "former opening hours",
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="service_sites_formerhours_period_has_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__isnull", False)), name="service_sites_formerhours_ended"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("site", "="), (gis.shared.periods.TsTzRange("valid_from", "valid_until"), "&&")],
                        name="service_sites_formerhours_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
