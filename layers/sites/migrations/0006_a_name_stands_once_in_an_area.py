"""Two sites in service of one area do not have one name; where they do already, the later ones get a number behind it."""

from django.db import migrations, models

NUMBERED = """
DO $$
DECLARE
    left_over integer;
    passed integer := 0;
BEGIN
    LOOP
        UPDATE service_sites_site site SET name_zh = left(site.name_zh, 110) || ' ' || (same.n + passed)
            FROM (SELECT id, row_number() OVER (PARTITION BY area_id, name_zh ORDER BY valid_from, id) AS n
                  FROM service_sites_site WHERE valid_until IS NULL) AS same
            WHERE same.id = site.id AND same.n > 1;
        GET DIAGNOSTICS left_over = ROW_COUNT;
        EXIT WHEN left_over = 0;
        passed := passed + 1; -- of a name that was cut the same number would come again, for ever
    END LOOP;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("service_sites", "0005_room_for_what_came_after")]

    operations = [
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.UniqueConstraint(
                condition=models.Q(valid_until__isnull=True),
                fields=("area", "name_zh"),
                name="service_sites_site_named_once",
            ),
        ),
    ]
