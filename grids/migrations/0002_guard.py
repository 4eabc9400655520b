"""The last guard of the ground: siblings never overlap, children lie inside, the past is never rewritten.

It runs when a transaction commits, for each boundary row it inserted or changed, and never repairs. Its first
statement takes advisory locks (the parent's tier shared, the own tier alone, per county), so that two sessions cannot
each commit what the other has not seen; that needs READ COMMITTED, where every statement sees what was committed
before it began.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION grids_lock_key(county uuid) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN hashtext('grids:' || coalesce(county::text, 'top'));

CREATE FUNCTION grids_guard_boundary() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    me grids_boundary%ROWTYPE;
    my_rank integer;
    parent_tier bigint;
    parent_rank integer;
    clash grids_boundary%ROWTYPE;
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
        WHERE other.tier_id = me.tier_id AND other.area_id <> me.area_id AND other.geometry && me.geometry
          AND (me.valid_until IS NULL OR other.valid_from < me.valid_until)
          AND (other.valid_until IS NULL OR me.valid_from < other.valid_until)
          AND ST_Relate(other.geometry, me.geometry, '2********')
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'area % overlaps area % of its tier', me.area_id, clash.area_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_no_overlap',
                  DETAIL = me.area_id || ' ' || clash.area_id;
    END IF;

    IF me.parent_id IS NOT NULL AND (
        NOT coalesce((SELECT range_agg(tstzrange(p.valid_from, p.valid_until)) FROM grids_boundary p
                      WHERE p.area_id = me.parent_id) @> tstzrange(me.valid_from, me.valid_until), false)
        OR EXISTS (SELECT 1 FROM grids_boundary p WHERE p.area_id = me.parent_id
                   AND (me.valid_until IS NULL OR p.valid_from < me.valid_until)
                   AND (p.valid_until IS NULL OR me.valid_from < p.valid_until)
                   AND NOT ST_Covers(p.geometry, me.geometry))
    ) THEN
        RAISE EXCEPTION 'area % does not lie inside its parent % all the time', me.area_id, me.parent_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_inside_parent',
                  DETAIL = me.area_id || ' ' || me.parent_id;
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

CREATE CONSTRAINT TRIGGER grids_boundary_guard_new AFTER INSERT ON grids_boundary
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grids_guard_boundary();
CREATE CONSTRAINT TRIGGER grids_boundary_guard_period AFTER UPDATE ON grids_boundary
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.valid_until IS DISTINCT FROM NEW.valid_until)
    EXECUTE FUNCTION grids_guard_boundary();

CREATE FUNCTION grids_keep_boundary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'valid_until' - 'closed_by_id' - 'geometry')
            IS DISTINCT FROM (to_jsonb(OLD) - 'valid_until' - 'closed_by_id' - 'geometry')
            OR NOT ST_OrderingEquals(OLD.geometry, NEW.geometry) OR OLD.valid_until IS NOT NULL THEN
        RAISE EXCEPTION 'a boundary is ended, never changed or deleted: % is refused', TG_OP
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = OLD.area_id::text;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grids_boundary_keep BEFORE UPDATE OR DELETE ON grids_boundary
    FOR EACH ROW EXECUTE FUNCTION grids_keep_boundary();
"""
BACKWARD = """
DROP TRIGGER grids_boundary_keep ON grids_boundary;
DROP TRIGGER grids_boundary_guard_new ON grids_boundary;
DROP TRIGGER grids_boundary_guard_period ON grids_boundary;
DROP FUNCTION grids_keep_boundary();
DROP FUNCTION grids_guard_boundary();
DROP FUNCTION grids_lock_key(uuid);
"""


class Migration(migrations.Migration):
    """Guards of the ground."""

    dependencies = [("grids", "0001_ground_and_people")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
