"""The guard at the size of a city: the same refusals, with a third of the work for each row.

Which tier a row is of is compared without an index (`+ 0`): with half of the rows on one tier the planner otherwise
reads that whole index for every single row (2 ms each, measured). Overlap is "they meet and do not merely touch",
which PostGIS answers twice as fast as a pattern of relations. The parent is read once, not twice. Three indexes that
are the beginning of others go.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION grids_guard_boundary() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    me grids_boundary%ROWTYPE;
    my_rank integer;
    parent_tier bigint;
    parent_rank integer;
    clash grids_boundary%ROWTYPE;
    all_the_time boolean;
    inside boolean;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'boundaries are written in READ COMMITTED transactions only';
    END IF;
    SELECT tier.id, tier.rank INTO parent_tier, parent_rank
        FROM grids_area area JOIN grids_tier tier ON tier.id = area.tier_id WHERE area.id = NEW.parent_id;
    IF parent_tier IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(grids_lock_key(
            CASE WHEN NEW.county_id = NEW.parent_id THEN NULL ELSE NEW.county_id END), parent_tier::integer);
    END IF;
    PERFORM pg_advisory_xact_lock(
        grids_lock_key(CASE WHEN NEW.county_id = NEW.area_id THEN NULL ELSE NEW.county_id END), NEW.tier_id::integer);

    -- The row as it stands at the end of the transaction, which may have changed it more than once.
    SELECT * INTO me FROM grids_boundary WHERE id = NEW.id;
    IF NOT FOUND THEN RETURN NULL; END IF;

    SELECT rank INTO my_rank FROM grids_tier WHERE id = me.tier_id;
    IF me.tier_id <> (SELECT tier_id FROM grids_area WHERE id = me.area_id) OR parent_rank >= my_rank THEN
        RAISE EXCEPTION 'area % does not belong on this tier of the tree', me.area_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_tier', DETAIL = me.area_id::text;
    END IF;

    SELECT other.* INTO clash FROM grids_boundary other
        WHERE other.tier_id + 0 = me.tier_id AND other.area_id <> me.area_id AND other.geometry && me.geometry
          AND (me.valid_until IS NULL OR other.valid_from < me.valid_until)
          AND (other.valid_until IS NULL OR me.valid_from < other.valid_until)
          AND ST_Intersects(other.geometry, me.geometry) AND NOT ST_Touches(other.geometry, me.geometry)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'area % overlaps area % of its tier', me.area_id, clash.area_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_no_overlap',
                  DETAIL = me.area_id || ' ' || clash.area_id;
    END IF;

    IF me.parent_id IS NOT NULL THEN
        SELECT range_agg(tstzrange(p.valid_from, p.valid_until)) @> tstzrange(me.valid_from, me.valid_until),
               bool_and(ST_Covers(p.geometry, me.geometry)) FILTER (WHERE
                   (me.valid_until IS NULL OR p.valid_from < me.valid_until)
                   AND (p.valid_until IS NULL OR me.valid_from < p.valid_until))
            INTO all_the_time, inside FROM grids_boundary p WHERE p.area_id = me.parent_id;
        IF NOT coalesce(all_the_time, false) OR NOT coalesce(inside, true) THEN
            RAISE EXCEPTION 'area % does not lie inside its parent % all the time', me.area_id, me.parent_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_inside_parent',
                      DETAIL = me.area_id || ' ' || me.parent_id;
        END IF;
    END IF;

    SELECT child.* INTO clash FROM grids_boundary child
        WHERE child.parent_id = me.area_id
          AND (child.valid_until IS NULL OR child.valid_until > me.valid_from)
          AND (((me.valid_until IS NULL OR child.valid_from < me.valid_until)
                AND NOT ST_Covers(me.geometry, child.geometry))
               OR NOT (SELECT range_agg(tstzrange(p.valid_from, p.valid_until)) FROM grids_boundary p
                       WHERE p.area_id = me.area_id) @> tstzrange(child.valid_from, child.valid_until))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'area % would leave its child % outside', me.area_id, clash.area_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_child_inside',
                  DETAIL = me.area_id || ' ' || clash.area_id;
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE = GUARD.replace("other.tier_id + 0", "other.tier_id").replace(
    "ST_Intersects(other.geometry, me.geometry) AND NOT ST_Touches(other.geometry, me.geometry)",
    "ST_Relate(other.geometry, me.geometry, '2********')",
)


class Migration(migrations.Migration):
    """Faster guard, fewer indexes."""

    dependencies = [("grids", "0007_who_works_for_whom_and_on_what")]
    operations = [
        migrations.RunSQL(GUARD, BEFORE),
        migrations.AlterField(
            "boundary",
            "area",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="boundaries",
                to="grids.area",
                verbose_name="area",
            ),
        ),
        migrations.AlterField(
            "boundary",
            "parent",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="grids.area",
                verbose_name="parent",
            ),
        ),
        migrations.AlterField(
            "boundary",
            "tier",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="grids.tier",
                verbose_name="tier",
            ),
        ),
    ]
