"""Corrections of the past: a boundary may leave its table only as an exact copy among the withdrawn ones.

The guard of the ground already judges every inserted row over its whole period, so a correction's rows are judged
like any others. What it cannot see is what a removed row leaves behind: a life with a hole, children without a
parent. That is judged here, at commit and under the same locks.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION grids_keep_boundary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM grids_withdrawnboundary copy WHERE copy.id = OLD.id) THEN
            RETURN OLD;
        END IF;
    ELSIF (to_jsonb(NEW) - 'valid_until' - 'closed_by_id' - 'geometry')
            IS NOT DISTINCT FROM (to_jsonb(OLD) - 'valid_until' - 'closed_by_id' - 'geometry')
            AND ST_OrderingEquals(OLD.geometry, NEW.geometry) AND OLD.valid_until IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a boundary is ended or withdrawn by a correction, never changed or deleted: % is refused', TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = OLD.area_id::text;
END $$;

CREATE FUNCTION grids_keep_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT 1 FROM grids_boundary row WHERE row.id = NEW.id
                   AND to_jsonb(row) - 'geometry' = to_jsonb(NEW) - 'geometry' - 'withdrawn_by_id'
                   AND ST_OrderingEquals(row.geometry, NEW.geometry))
           AND EXISTS (SELECT 1 FROM grids_boundarychange act
                       WHERE act.id = NEW.withdrawn_by_id AND act.kind = 'correction') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'only a correction withdraws a boundary, and as it stands'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = NEW.area_id::text;
    END IF;
    RAISE EXCEPTION 'a withdrawn boundary is kept as it was: % is refused', TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = OLD.area_id::text;
END $$;
CREATE TRIGGER grids_withdrawn_keep BEFORE INSERT OR UPDATE OR DELETE ON grids_withdrawnboundary
    FOR EACH ROW EXECUTE FUNCTION grids_keep_withdrawn();

CREATE FUNCTION grids_guard_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM grids_boundary row WHERE row.id = NEW.id) THEN
        RAISE EXCEPTION 'boundary % is told and withdrawn at once', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = NEW.area_id::text;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER grids_withdrawn_guard AFTER INSERT ON grids_withdrawnboundary
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grids_guard_withdrawn();

CREATE FUNCTION grids_guard_life() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row grids_boundary%ROWTYPE;
    life tstzmultirange;
    orphan uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN row := OLD; ELSE row := NEW; END IF;
    PERFORM pg_advisory_xact_lock(
        grids_lock_key(CASE WHEN row.county_id = row.area_id THEN NULL ELSE row.county_id END), row.tier_id::integer);
    SELECT coalesce(range_agg(tstzrange(told.valid_from, told.valid_until)), '{}') INTO life
        FROM grids_boundary told WHERE told.area_id = row.area_id;
    IF (SELECT count(*) FROM unnest(life)) > 1 THEN
        RAISE EXCEPTION 'the life of area % has a hole', row.area_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_one_life', DETAIL = row.area_id::text;
    END IF;
    IF TG_OP = 'DELETE' THEN
        SELECT child.area_id INTO orphan FROM grids_boundary child
            WHERE child.parent_id = row.area_id AND NOT life @> tstzrange(child.valid_from, child.valid_until) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'area % would leave its child % outside', row.area_id, orphan
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_child_inside',
                      DETAIL = row.area_id || ' ' || orphan;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER grids_boundary_guard_life AFTER INSERT ON grids_boundary
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION grids_guard_life();
CREATE CONSTRAINT TRIGGER grids_boundary_guard_withdrawal AFTER DELETE ON grids_boundary
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grids_guard_life();
"""
BACKWARD = """
DROP TRIGGER grids_boundary_guard_life ON grids_boundary;
DROP TRIGGER grids_boundary_guard_withdrawal ON grids_boundary;
DROP FUNCTION grids_guard_life();
DROP TRIGGER grids_withdrawn_guard ON grids_withdrawnboundary;
DROP FUNCTION grids_guard_withdrawn();
DROP TRIGGER grids_withdrawn_keep ON grids_withdrawnboundary;
DROP FUNCTION grids_keep_withdrawn();
CREATE OR REPLACE FUNCTION grids_keep_boundary() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'valid_until' - 'closed_by_id' - 'geometry')
            IS DISTINCT FROM (to_jsonb(OLD) - 'valid_until' - 'closed_by_id' - 'geometry')
            OR NOT ST_OrderingEquals(OLD.geometry, NEW.geometry) OR OLD.valid_until IS NOT NULL THEN
        RAISE EXCEPTION 'a boundary is ended, never changed or deleted: % is refused', TG_OP
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grids_boundary_is_kept', DETAIL = OLD.area_id::text;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Guards of corrections."""

    dependencies = [("grids", "0004_withdrawn_boundaries")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
