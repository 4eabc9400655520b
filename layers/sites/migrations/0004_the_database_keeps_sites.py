"""What the database itself sees to: hours that can be, former states written down and kept, one centre in an area."""

import json
from datetime import date, timedelta

from django.db import migrations, models

DESCRIBED = (
    "kind_id", "area_id", "geometry", "name_zh", "name_en", "address_zh", "address_en", "hours", "operator_kind",
    "operator_zh", "operator_en", "phone", "step_free",
)  # fmt: skip
COLUMNS = ", ".join(DESCRIBED)
OLD = ", ".join(f"OLD.{column}" for column in DESCRIBED)
NEW = ", ".join(f"NEW.{column}" for column in DESCRIBED)

# The same rules as layers/sites/hours.py (a test compares them): null is wrong, else minutes after midnight.
HOURS = """
CREATE FUNCTION service_sites_minutes(word jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(word) = 'string' AND word #>> '{}' ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
                THEN substr(word #>> '{}', 1, 2)::integer * 60 + substr(word #>> '{}', 4, 2)::integer END
$$;

CREATE FUNCTION service_sites_spans(row_ jsonb) RETURNS int4multirange LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT AS $$
DECLARE
    pair jsonb;
    begun integer;
    ended integer;
    found int4multirange := '{}';
BEGIN
    IF jsonb_typeof(row_) IS DISTINCT FROM 'array' OR jsonb_array_length(row_) > 8 THEN RETURN NULL; END IF;
    FOR pair IN SELECT jsonb_array_elements(row_) LOOP
        IF jsonb_typeof(pair) <> 'array' OR jsonb_array_length(pair) <> 2 THEN RETURN NULL; END IF;
        begun := service_sites_minutes(pair -> 0);
        ended := service_sites_minutes(pair -> 1);
        IF begun IS NULL OR ended IS NULL OR begun = 1440 THEN RETURN NULL; END IF;
        IF ended <= begun THEN
            ended := ended + 1440;
            IF ended - begun > 720 THEN RETURN NULL; END IF;
        END IF;
        IF found && int4range(begun, ended) THEN RETURN NULL; END IF;
        found := found + int4multirange(int4range(begun, ended));
    END LOOP;
    RETURN found;
END $$;

CREATE FUNCTION service_sites_hours_ok(hours jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT AS $$
DECLARE
    days CONSTANT text[] := ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    told record;
    one record;
    spans int4multirange;
    week jsonb := '{}';
    dates datemultirange := '{}';
    begun date;
    ended date;
    night integer;
BEGIN
    IF jsonb_typeof(hours) IS DISTINCT FROM 'object' THEN RETURN false; END IF;
    FOR told IN SELECT key, value FROM jsonb_each(hours) LOOP
        IF told.key = 'exceptions' THEN
            IF jsonb_typeof(told.value) <> 'object' OR (SELECT count(*) FROM jsonb_object_keys(told.value)) > 366 THEN
                RETURN false;
            END IF;
            FOR one IN SELECT key, value FROM jsonb_each(told.value) LOOP
                IF one.key !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?$' THEN RETURN false; END IF;
                BEGIN
                    begun := make_date(
                        substr(one.key, 1, 4)::integer, substr(one.key, 6, 2)::integer, substr(one.key, 9, 2)::integer);
                    ended := begun;
                    IF length(one.key) > 10 THEN
                        ended := make_date(substr(one.key, 12, 4)::integer, substr(one.key, 17, 2)::integer,
                                           substr(one.key, 20, 2)::integer);
                    END IF;
                EXCEPTION WHEN datetime_field_overflow THEN RETURN false;
                END;
                IF ended < begun OR dates && daterange(begun, ended, '[]') THEN RETURN false; END IF;
                dates := dates + datemultirange(daterange(begun, ended, '[]'));
                IF service_sites_spans(one.value) IS NULL THEN RETURN false; END IF;
            END LOOP;
        ELSIF told.key = ANY (days) THEN
            spans := service_sites_spans(told.value);
            IF spans IS NULL THEN RETURN false; END IF;
            week := week || jsonb_build_object(told.key, spans::text);
        ELSE
            RETURN false;
        END IF;
    END LOOP;
    FOR n IN 1..7 LOOP
        night := upper((week ->> days[n])::int4multirange) - 1440;
        IF night > 0 AND (week ->> days[n % 7 + 1])::int4multirange && int4range(0, night) THEN RETURN false; END IF;
    END LOOP;
    RETURN true;
END $$;
"""

# After the rows have been written anew: an older one whose hours were mended passes, one off the globe stays as it is.
GUARDS = """
ALTER TABLE service_sites_site ADD CONSTRAINT service_sites_site_hours
    CHECK (service_sites_hours_ok(hours)) NOT VALID;
ALTER TABLE service_sites_duty ADD CONSTRAINT service_sites_duty_hours CHECK (service_sites_hours_ok(hours));
ALTER TABLE service_sites_site ADD CONSTRAINT service_sites_site_on_earth CHECK (
    NOT ST_IsEmpty(geometry) AND ST_X(geometry) BETWEEN -180 AND 180 AND ST_Y(geometry) BETWEEN -90 AND 90
) NOT VALID;
"""
GUARDS_BACK = """
ALTER TABLE service_sites_site DROP CONSTRAINT service_sites_site_on_earth;
ALTER TABLE service_sites_duty DROP CONSTRAINT service_sites_duty_hours;
ALTER TABLE service_sites_site DROP CONSTRAINT service_sites_site_hours;
"""

HOURS_BACK = """
DROP FUNCTION service_sites_hours_ok(jsonb);
DROP FUNCTION service_sites_spans(jsonb);
DROP FUNCTION service_sites_minutes(jsonb);
"""

# Former hours become former states: what else the site was then nobody wrote down, so it is as it is now.
FORMER = f"""
INSERT INTO service_sites_formersite (site_id, valid_from, valid_until, {COLUMNS})
    SELECT site.id, was.valid_from, was.valid_until, site.{COLUMNS.replace(", ", ", site.").replace("site.hours", "was.hours")}
    FROM service_sites_formerhours was JOIN service_sites_site site ON site.id = was.site_id;
UPDATE service_sites_site site SET changed_at = coalesce(
    (SELECT max(was.valid_until) FROM service_sites_formerhours was WHERE was.site_id = site.id), site.valid_from);
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE service_sites_sitekind SET most = 1 WHERE code IN ('county_centre', 'community_centre') AND most IS NULL;

CREATE FUNCTION service_sites_keep_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'former states of sites are kept as they were: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'service_sites_formersite_kept';
END $$;
CREATE TRIGGER service_sites_formersite_kept BEFORE UPDATE OR DELETE ON service_sites_formersite
    FOR EACH ROW EXECUTE FUNCTION service_sites_keep_former();
CREATE TRIGGER service_sites_formersite_no_truncate BEFORE TRUNCATE ON service_sites_formersite
    FOR EACH STATEMENT EXECUTE FUNCTION service_sites_keep_former();
DROP TRIGGER service_sites_formerhours_kept ON service_sites_formerhours;
DROP FUNCTION service_sites_keep_hours();

CREATE FUNCTION service_sites_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := NEW.valid_from;
    RETURN NEW;
END $$;
CREATE TRIGGER service_sites_site_begins BEFORE INSERT ON service_sites_site
    FOR EACH ROW EXECUTE FUNCTION service_sites_begin();

-- Who changes a site says when (changed_at) and counts its version on; plain SQL that does neither is helped.
CREATE FUNCTION service_sites_remember() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.version = OLD.version THEN NEW.version := OLD.version + 1; END IF;
    IF ({NEW}) IS NOT DISTINCT FROM ({OLD}) THEN
        NEW.changed_at := OLD.changed_at;
        RETURN NEW;
    END IF;
    IF NEW.changed_at IS NULL OR NEW.changed_at <= OLD.changed_at THEN
        NEW.changed_at := greatest(OLD.changed_at, statement_timestamp());
    END IF;
    IF OLD.changed_at < NEW.changed_at THEN
        INSERT INTO service_sites_formersite (site_id, valid_from, valid_until, {COLUMNS})
            VALUES (OLD.id, OLD.changed_at, NEW.changed_at, {OLD});
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER service_sites_site_remembered BEFORE UPDATE ON service_sites_site
    FOR EACH ROW EXECUTE FUNCTION service_sites_remember();

-- A new column of a site must be added here, too: drop the view, alter the tables, make it again.
CREATE VIEW service_sites_sitethen AS
    SELECT id, changed_at AS valid_from, valid_until, valid_from AS opened_at, version, {COLUMNS}
        FROM service_sites_site
    UNION ALL
    SELECT was.site_id, was.valid_from, was.valid_until, site.valid_from, site.version,
           was.{COLUMNS.replace(", ", ", was.")}
        FROM service_sites_formersite was JOIN service_sites_site site ON site.id = was.site_id;

-- A kind may say how many of it there are in an area at most (one centre), and how deep it may serve.
CREATE FUNCTION service_sites_fit() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    allowed integer;
BEGIN
    SELECT most INTO allowed FROM service_sites_sitekind WHERE id = NEW.kind_id;
    IF allowed IS NULL THEN RETURN NULL; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('service_sites ' || NEW.kind_id || ' ' || NEW.area_id, 0));
    IF (SELECT count(*) FROM service_sites_site other
        WHERE other.kind_id = NEW.kind_id AND other.area_id = NEW.area_id
          AND tstzrange(other.valid_from, other.valid_until) && tstzrange(NEW.valid_from, NEW.valid_until)) > allowed
    THEN
        RAISE EXCEPTION 'there are % sites of this kind in this area at most', allowed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_sites_site_most';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER service_sites_site_fits AFTER INSERT OR UPDATE OF kind_id, area_id, valid_from, valid_until
    ON service_sites_site FOR EACH ROW EXECUTE FUNCTION service_sites_fit();
"""

FORMER_BACK = """
DROP TRIGGER service_sites_site_fits ON service_sites_site;
DROP FUNCTION service_sites_fit();
DROP VIEW service_sites_sitethen;
DROP TRIGGER service_sites_site_remembered ON service_sites_site;
DROP FUNCTION service_sites_remember();
DROP TRIGGER service_sites_site_begins ON service_sites_site;
DROP FUNCTION service_sites_begin();
CREATE FUNCTION service_sites_keep_hours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'former opening hours are kept as they were: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'service_sites_formerhours_kept';
END $$;
DROP TRIGGER service_sites_formersite_no_truncate ON service_sites_formersite;
DROP TRIGGER service_sites_formersite_kept ON service_sites_formersite;
DROP FUNCTION service_sites_keep_former();
INSERT INTO service_sites_formerhours (site_id, valid_from, valid_until, hours)
    SELECT site_id, valid_from, valid_until, hours FROM service_sites_formersite;
DELETE FROM service_sites_formersite;
CREATE TRIGGER service_sites_formerhours_kept BEFORE UPDATE OR DELETE ON service_sites_formerhours
    FOR EACH ROW EXECUTE FUNCTION service_sites_keep_hours();
"""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT, MOST_SPANS, MOST_EXCEPTIONS = 1440, 8, 366


def minutes(row):
    """The spans of a day as the former rule read them: not after its start, an end lies on the next day."""
    pairs = [[int(word[:2]) * 60 + int(word[3:5]) for word in pair] for pair in row]
    return [(start, end if end > start else end + MIDNIGHT) for start, end in pairs]


def joined(spans):
    """Spans of one day that neither meet nor overlap, eight at most: the smallest gaps are closed first."""
    whole = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        elif end > start:
            whole.append([start, end])
    while len(whole) > MOST_SPANS:
        gap = min(range(1, len(whole)), key=lambda n: whole[n][0] - whole[n - 1][1])
        whole[gap - 1][1] = whole.pop(gap)[1]
    return whole


def on_the_day(own, before):
    """What is open on a day itself: its own spans until midnight, and the day before's from midnight on."""
    cut = [(min(start, MIDNIGHT), min(end, MIDNIGHT)) for start, end in own]
    return joined([*cut, *((max(start - MIDNIGHT, 0), end - MIDNIGHT) for start, end in before if end > MIDNIGHT)])


def told(spans):
    """Spans as they are stored."""
    return [[f"{minute // 60:02}:{minute % 60:02}" for minute in span] for span in spans]


def mended(hours):
    """Hours of the former rule as the new one wants them, open at the very same minutes: each day until midnight.

    The former rule took spans of more than twelve hours past midnight ("08:00"-"08:00" was a whole day), spans that
    run into those of the next day, a start at 24:00, and as many spans and exceptions as anybody liked.
    """
    week = {day: minutes(hours.get(day, ())) for day in DAYS}
    days = {date.fromisoformat(text): minutes(row) for text, row in (hours.get("exceptions") or {}).items()}
    plain = {day: on_the_day(week[day], week[DAYS[n - 1]]) for n, day in enumerate(DAYS)}
    found = {day: told(spans) for day, spans in plain.items() if spans}
    odd = {}
    for day in sorted({one for first in days for one in (first, first + timedelta(days=1))}):
        own, before = (days.get(one, week[DAYS[one.weekday()]]) for one in (day, day - timedelta(days=1)))
        spans = on_the_day(own, before)
        if day in days or spans != plain[DAYS[day.weekday()]]:
            odd[day.isoformat()] = told(spans)
    if odd:
        found["exceptions"] = dict(list(odd.items())[-MOST_EXCEPTIONS:])
    return found


def mend(apps, editor):
    """Put hours right that the former rule allowed and the new one does not, of now and of before."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE service_sites_formerhours DISABLE TRIGGER service_sites_formerhours_kept")
        for table in ("service_sites_site", "service_sites_formerhours"):
            cursor.execute(f"SELECT id, hours::text FROM {table} WHERE NOT service_sites_hours_ok(hours)")
            for key, hours in cursor.fetchall():
                values = [json.dumps(mended(json.loads(hours))), key]
                cursor.execute(f"UPDATE {table} SET hours = %s::jsonb WHERE id = %s", values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE service_sites_formerhours ENABLE TRIGGER service_sites_formerhours_kept")


class Migration(migrations.Migration):
    dependencies = [
        ("service_sites", "0003_what_a_site_holds"),
    ]

    operations = [
        migrations.RunSQL(HOURS, HOURS_BACK),
        migrations.RunPython(mend, migrations.RunPython.noop),
        migrations.RunSQL(FORMER, FORMER_BACK),
        migrations.RunSQL(GUARDS, GUARDS_BACK),
        migrations.AlterField("site", "changed_at", models.DateTimeField(editable=False, verbose_name="changed")),
        migrations.DeleteModel(name="FormerHours"),
    ]
