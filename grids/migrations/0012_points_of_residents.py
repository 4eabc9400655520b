"""Where counted residents live, as a file said; the points of a figure add up to it, and stay as they were."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION grids_points_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT figure.id, figure.residents, sum(place.residents) AS places INTO wrong
        FROM grids_population figure JOIN grids_populationpoint place ON place.population_id = figure.id
        WHERE figure.id IN (SELECT DISTINCT population_id FROM added)
        GROUP BY figure.id HAVING sum(place.residents) <> figure.residents LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the places of figure % hold % residents, the figure says %',
                wrong.id, wrong.places, wrong.residents
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_population_points_add_up';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER grids_points_add_up AFTER INSERT ON grids_populationpoint
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION grids_points_add_up();

CREATE FUNCTION grids_keep_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'grids_populationpoint'
            OR EXISTS (SELECT 1 FROM grids_populationpoint WHERE population_id = OLD.id) THEN
        RAISE EXCEPTION 'a figure with places is ended and counted anew, never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_population_points_are_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grids_keep_points BEFORE UPDATE ON grids_populationpoint
    FOR EACH ROW EXECUTE FUNCTION grids_keep_points();
CREATE TRIGGER grids_keep_figure BEFORE UPDATE OF residents, area_id, age_band_id ON grids_population
    FOR EACH ROW WHEN (OLD.residents <> NEW.residents OR OLD.area_id <> NEW.area_id
        OR OLD.age_band_id <> NEW.age_band_id) EXECUTE FUNCTION grids_keep_points();
"""
BACKWARD = """
DROP TRIGGER grids_keep_figure ON grids_population;
DROP TRIGGER grids_keep_points ON grids_populationpoint;
DROP TRIGGER grids_points_add_up ON grids_populationpoint;
DROP FUNCTION grids_keep_points();
DROP FUNCTION grids_points_add_up();
"""


class Migration(migrations.Migration):
    """Points of residents."""

    dependencies = [("grids", "0011_a_post_to_come_may_be_taken_back")]
    operations = [
        migrations.CreateModel(
            name="PopulationPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("point", django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name="place")),
                ("residents", models.PositiveIntegerField(verbose_name="residents")),
                ("number", models.CharField(blank=True, max_length=80, verbose_name="number in the file")),
                (
                    "population",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="points",
                        to="grids.population",
                        verbose_name="population",
                    ),
                ),
            ],
            options={"verbose_name": "place of residents", "verbose_name_plural": "places of residents"},
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
