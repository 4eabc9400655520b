"""A post that has not begun was never held: it may be taken back, as one row; what has begun is kept as before."""

from django.db import migrations

KEPT = """
CREATE OR REPLACE FUNCTION grids_keep_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {take_back}
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until'
            OR (OLD.valid_until <= now() AND NEW.valid_until IS DISTINCT FROM OLD.valid_until) THEN
        RAISE EXCEPTION 'a row of % is ended, never changed or deleted: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_is_kept', DETAIL = OLD.id::text;
    END IF;
    RETURN NEW;
END $$;
"""
TAKE_BACK = "IF TG_OP = 'DELETE' AND OLD.valid_from > clock_timestamp() THEN RETURN OLD; END IF;"


class Migration(migrations.Migration):
    dependencies = [("grids", "0010_holders_come_first_in_their_index")]
    operations = [migrations.RunSQL(KEPT.format(take_back=TAKE_BACK), KEPT.format(take_back=""))]
