"""Households beside residents: one number for an area at any moment, its places add up to it; without one: unknown."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import migrations, models
from django.db.models import Q

from gis.shared.periods import TsTzRange

ADD_UP = """
CREATE OR REPLACE FUNCTION grids_points_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT figure.id, figure.residents, sum(place.residents) AS places,
            figure.households, sum(place.households) AS homes INTO wrong
        FROM grids_population figure JOIN grids_populationpoint place ON place.population_id = figure.id
        WHERE figure.id IN (SELECT DISTINCT population_id FROM added)
        GROUP BY figure.id
        HAVING sum(place.residents) <> figure.residents OR sum(place.households) IS DISTINCT FROM figure.households
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the places of figure % hold % residents, the figure says %; households %, the figure says %',
                wrong.id, wrong.places, wrong.residents, wrong.homes, wrong.households
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_population_points_add_up';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER grids_keep_figure ON grids_population;
CREATE TRIGGER grids_keep_figure BEFORE UPDATE OF residents, households, area_id, age_band_id ON grids_population
    FOR EACH ROW WHEN (OLD.residents <> NEW.residents OR OLD.households IS DISTINCT FROM NEW.households
        OR OLD.area_id <> NEW.area_id OR OLD.age_band_id <> NEW.age_band_id) EXECUTE FUNCTION grids_keep_points();
"""
FORMER = """
CREATE OR REPLACE FUNCTION grids_points_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP TRIGGER grids_keep_figure ON grids_population;
CREATE TRIGGER grids_keep_figure BEFORE UPDATE OF residents, area_id, age_band_id ON grids_population
    FOR EACH ROW WHEN (OLD.residents <> NEW.residents OR OLD.area_id <> NEW.area_id
        OR OLD.age_band_id <> NEW.age_band_id) EXECUTE FUNCTION grids_keep_points();
"""


class Migration(migrations.Migration):
    """Nothing is known of households until a file says it."""

    dependencies = [("grids", "0013_posts_by_role")]

    operations = [
        migrations.AddField(
            model_name="population",
            name="households",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="households"),
        ),
        migrations.AddField(
            model_name="populationpoint",
            name="households",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="households"),
        ),
        migrations.AddConstraint(
            model_name="population",
            constraint=ExclusionConstraint(
                name="grids_population_households_once",
                expressions=[
                    ("area", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(households__isnull=False),
            ),
        ),
        migrations.RunSQL(ADD_UP, FORMER),
    ]
