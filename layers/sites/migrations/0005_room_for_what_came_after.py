"""How many sites of a kind an area has is counted since they are of that kind: what a site was before is not asked.

An older site that became the centre after another had ended was counted for all its time, and refused.
"""

from django.db import migrations

FIT = """
CREATE OR REPLACE FUNCTION service_sites_fit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    allowed integer;
BEGIN
    SELECT most INTO allowed FROM service_sites_sitekind WHERE id = NEW.kind_id;
    IF allowed IS NULL OR NEW.valid_until <= NEW.{since} THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('service_sites ' || NEW.kind_id || ' ' || NEW.area_id, 0));
    IF (SELECT count(*) FROM service_sites_site other
        WHERE other.kind_id = NEW.kind_id AND other.area_id = NEW.area_id
          AND (other.valid_until IS NULL OR other.valid_until > greatest(NEW.{since}, other.{since}))
          AND (NEW.valid_until IS NULL OR other.{since} < NEW.valid_until)) > allowed
    THEN
        RAISE EXCEPTION 'there are % sites of this kind in this area at most', allowed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_sites_site_most';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("service_sites", "0004_the_database_keeps_sites")]

    operations = [migrations.RunSQL(FIT.format(since="changed_at"), FIT.format(since="valid_from"))]
