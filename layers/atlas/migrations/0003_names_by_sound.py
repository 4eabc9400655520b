"""Names by sound: pinyin and initials of every name, kept by the database, so that no door can forget them.

Statement triggers learn each different name once (a city has 89,000 grids and a few thousand names); a person's name is
kept with the person and goes with it. Readings come from pypinyin's tables at the time of this migration.
"""

import unicodedata

from django.db import migrations
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

FIRST_SIGN, LAST_SIGN = 0x3400, 0x9FFF
LONGEST_PHRASE = 4
OTHERS = {
    "长": "chang", "重": "chong", "单": "shan", "乐": "yue", "行": "hang", "朝": "zhao", "都": "dou", "调": "tiao",
    "曾": "ceng", "解": "xie", "仇": "qiu", "查": "zha", "盖": "ge", "厦": "xia", "六": "lu", "番": "pan",
    "阿": "e", "莘": "shen", "蔚": "yu", "浚": "xun", "卜": "bu", "种": "chong", "尉": "yu", "盛": "cheng",
    "柏": "bo", "覃": "qin", "召": "shao", "巷": "hang", "弄": "nong", "圩": "xu", "涡": "guo", "堡": "pu",
    "降": "xiang", "觉": "jiao", "角": "jue", "露": "lou", "薄": "bao",
    "藏": "zang", "屏": "bing", "沈": "chen", "牟": "mu",
}  # fmt: skip
"""The other reading of signs that names of places and persons use with both; the first one stands in pypinyin."""

TABLES = r"""
CREATE TABLE atlas_sign (sign text PRIMARY KEY, reading text NOT NULL, other text NOT NULL);
CREATE TABLE atlas_phrase (words text PRIMARY KEY, readings text[] NOT NULL);
CREATE TABLE atlas_name (
    name text NOT NULL, plain text NOT NULL, pinyin text NOT NULL, initials text NOT NULL, PRIMARY KEY (name, pinyin)
);
CREATE TABLE atlas_person (
    person uuid NOT NULL, name text NOT NULL, plain text NOT NULL, pinyin text NOT NULL, initials text NOT NULL,
    PRIMARY KEY (person, name, pinyin)
);

-- How words are compared: without case, width, accents, spaces and the marks between them.
CREATE FUNCTION atlas_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    regexp_replace(
        lower(normalize(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'), NFKC)),
        '[^a-z0-9\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', '', 'g');

-- The sound of names: `plain`, and of each reading the pinyin without tones and the initials (numbers stay whole).
CREATE FUNCTION atlas_readings(names text[])
RETURNS TABLE (name text, plain text, pinyin text, initials text) LANGUAGE sql STABLE ROWS 10 AS $$
    WITH given AS (
        SELECT given AS name, lower(normalize(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g'), NFKC))
            AS words FROM (SELECT DISTINCT unnest(names) AS given) AS every
    ), token AS (
        SELECT given.name, found.place, found.parts[1] AS sign
        FROM given, regexp_matches(given.words, '[a-z]+|[0-9]+|[\u3400-\u9fff]', 'g')
            WITH ORDINALITY AS found (parts, place)
    ), stretch AS (
        SELECT token.name, place, sign || lead(sign) OVER here AS two,
            sign || lead(sign) OVER here || lead(sign, 2) OVER here AS three,
            sign || lead(sign) OVER here || lead(sign, 2) OVER here || lead(sign, 3) OVER here AS four
        FROM token WINDOW here AS (PARTITION BY token.name ORDER BY place)
    ), spoken AS (  -- the reading of a sign within a phrase; of overlapping phrases the longest, then the first
        SELECT DISTINCT ON (stretch.name, stretch.place + said.at - 1)
            stretch.name, stretch.place + said.at - 1 AS place, said.reading
        FROM stretch
        JOIN atlas_phrase ON atlas_phrase.words IN (stretch.two, stretch.three, stretch.four)
        CROSS JOIN unnest(atlas_phrase.readings) WITH ORDINALITY AS said (reading, at)
        ORDER BY stretch.name, stretch.place + said.at - 1, length(atlas_phrase.words) DESC, stretch.place
    ), sounded AS (
        SELECT token.name, token.place, token.sign,
            coalesce(spoken.reading, atlas_sign.reading, token.sign) AS first,
            coalesce(spoken.reading, atlas_sign.other, token.sign) AS other
        FROM token
        LEFT JOIN spoken ON spoken.name = token.name AND spoken.place = token.place
        LEFT JOIN atlas_sign ON atlas_sign.sign = token.sign
    ), joined AS (
        SELECT sounded.name, string_agg(first, '' ORDER BY place) AS one, string_agg(other, '' ORDER BY place) AS two,
            string_agg(CASE WHEN sign ~ '^[0-9]' THEN sign ELSE left(first, 1) END, '' ORDER BY place) AS short_one,
            string_agg(CASE WHEN sign ~ '^[0-9]' THEN sign ELSE left(other, 1) END, '' ORDER BY place) AS short_two
        FROM sounded GROUP BY sounded.name
    )
    SELECT joined.name, atlas_plain(joined.name), said.pinyin, said.initials
    FROM joined CROSS JOIN LATERAL (VALUES (one, short_one), (two, short_two)) AS said (pinyin, initials)
    GROUP BY joined.name, said.pinyin, said.initials
$$;

CREATE FUNCTION atlas_learn_names() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unknown text[];
BEGIN
    SELECT array_agg(DISTINCT named.name) INTO unknown
        FROM (SELECT name_zh AS name FROM fresh UNION SELECT name_en FROM fresh) AS named
        WHERE named.name <> '' AND NOT EXISTS (SELECT FROM atlas_name known WHERE known.name = named.name);
    IF unknown IS NOT NULL THEN  -- in one order, so that two writers never wait for each other
        INSERT INTO atlas_name (name, plain, pinyin, initials)
            SELECT said.name, said.plain, said.pinyin, said.initials FROM atlas_readings(unknown) AS said
            ORDER BY said.name, said.pinyin ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION atlas_learn_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO atlas_person (person, name, plain, pinyin, initials)
        SELECT named.id, said.name, said.plain, said.pinyin, said.initials
        FROM atlas_readings(ARRAY(SELECT name_zh FROM fresh UNION SELECT name_en FROM fresh)) AS said
        JOIN (SELECT id, name_zh AS name FROM fresh UNION SELECT id, name_en FROM fresh) AS named USING (name)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION atlas_forget_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM atlas_person USING gone WHERE atlas_person.person = gone.id;
    RETURN NULL;
END $$;
CREATE FUNCTION atlas_relearn_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM atlas_person USING gone WHERE atlas_person.person = gone.id;
    INSERT INTO atlas_person (person, name, plain, pinyin, initials)
        SELECT named.id, said.name, said.plain, said.pinyin, said.initials
        FROM atlas_readings(ARRAY(SELECT name_zh FROM fresh UNION SELECT name_en FROM fresh)) AS said
        JOIN (SELECT id, name_zh AS name FROM fresh UNION SELECT id, name_en FROM fresh) AS named USING (name)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""

NAMED = ("grids_boundary", "grids_organisation", "service_sites_site", "streets_way")

TRIGGERS = (
    "".join(
        f"""
CREATE TRIGGER atlas_names_new AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION atlas_learn_names();
CREATE TRIGGER atlas_names_changed AFTER UPDATE ON {table}
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION atlas_learn_names();
INSERT INTO atlas_name SELECT * FROM atlas_readings(ARRAY(
    SELECT name_zh FROM {table} UNION SELECT name_en FROM {table} WHERE name_en <> '')) ON CONFLICT DO NOTHING;
"""
        for table in NAMED
        if table != "grids_boundary"
    )
    + """
-- a boundary's words never change: what is new is inserted
CREATE TRIGGER atlas_names_new AFTER INSERT ON grids_boundary
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION atlas_learn_names();
INSERT INTO atlas_name SELECT * FROM atlas_readings(ARRAY(
    SELECT name_zh FROM grids_boundary UNION SELECT name_en FROM grids_boundary WHERE name_en <> ''))
    ON CONFLICT DO NOTHING;

CREATE TRIGGER atlas_persons_new AFTER INSERT ON grids_person
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION atlas_learn_persons();
CREATE TRIGGER atlas_persons_changed AFTER UPDATE ON grids_person
    REFERENCING NEW TABLE AS fresh OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION atlas_relearn_persons();
CREATE TRIGGER atlas_persons_gone AFTER DELETE ON grids_person
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION atlas_forget_persons();
INSERT INTO atlas_person SELECT named.id, said.*
    FROM atlas_readings(ARRAY(SELECT name_zh FROM grids_person UNION SELECT name_en FROM grids_person)) AS said
    JOIN (SELECT id, name_zh AS name FROM grids_person UNION SELECT id, name_en FROM grids_person) AS named USING (name)
    ON CONFLICT DO NOTHING;
"""
)

INDEXES = """
CREATE INDEX atlas_name_like ON atlas_name USING gin (plain gin_trgm_ops, pinyin gin_trgm_ops);
CREATE INDEX atlas_name_plain ON atlas_name (plain text_pattern_ops);
CREATE INDEX atlas_name_pinyin ON atlas_name (pinyin text_pattern_ops);
CREATE INDEX atlas_name_initials ON atlas_name (initials text_pattern_ops);
CREATE INDEX atlas_person_plain ON atlas_person (plain text_pattern_ops);
CREATE INDEX atlas_person_pinyin ON atlas_person (pinyin text_pattern_ops);
CREATE INDEX atlas_person_initials ON atlas_person (initials text_pattern_ops);
CREATE INDEX atlas_boundary_name_zh ON grids_boundary (name_zh);
CREATE INDEX atlas_boundary_name_en ON grids_boundary (name_en);
CREATE INDEX atlas_boundary_code ON grids_boundary (code text_pattern_ops);
CREATE INDEX atlas_appointment_post ON grids_appointment
    USING gin (atlas_plain(post_zh) gin_trgm_ops, atlas_plain(post_en) gin_trgm_ops);
CREATE INDEX atlas_way_name_zh ON streets_way (name_zh);
ANALYZE atlas_sign, atlas_phrase, atlas_name, atlas_person;
"""

BACKWARD = (
    "DROP INDEX atlas_boundary_name_zh, atlas_boundary_name_en, atlas_boundary_code, atlas_appointment_post, "
    "atlas_way_name_zh;"
    + "".join(
        f"DROP TRIGGER IF EXISTS {name} ON {table};"
        for table in NAMED
        for name in ("atlas_names_new", "atlas_names_changed")
    )
    + "".join(f"DROP TRIGGER atlas_persons_{act} ON grids_person;" for act in ("new", "changed", "gone"))
    + """
DROP FUNCTION atlas_learn_names();
DROP FUNCTION atlas_learn_persons();
DROP FUNCTION atlas_forget_persons();
DROP FUNCTION atlas_relearn_persons();
DROP FUNCTION atlas_readings(text[]);
DROP FUNCTION atlas_plain(text);
DROP TABLE atlas_sign, atlas_phrase, atlas_name, atlas_person;
"""
)


def letters(reading: str) -> str:
    """A reading without tones; ü is v, as it is typed."""
    for accented in "üǖǘǚǜ":
        reading = reading.replace(accented, "v")
    return "".join(sign for sign in unicodedata.normalize("NFKD", reading) if "a" <= sign <= "z")


def signs() -> dict[str, str]:
    """The usual reading of every sign."""
    chosen = [chr(number) for number in PINYIN_DICT if FIRST_SIGN <= number <= LAST_SIGN]
    return {sign: letters(lazy_pinyin(sign)[0]) for sign in chosen}


def phrases(usual: dict[str, str]) -> dict[str, list[str]]:
    """Phrases in which a sign is read otherwise than alone, or only in one of the ways it may be read alone."""
    found = {"单元": ["dan", "yuan"]}
    for words, readings in PHRASES_DICT.items():
        if 2 <= len(words) <= LONGEST_PHRASE and all(sign in usual for sign in words):
            said = [letters(one[0]) for one in readings]
            if len(said) == len(words) and (
                said != [usual[sign] for sign in words] or not OTHERS.keys().isdisjoint(words)
            ):
                found[words] = said
    return found


def fill(apps, schema_editor) -> None:
    """COPY the readings."""
    usual = signs()
    with schema_editor.connection.cursor() as cursor:
        with cursor.copy("COPY atlas_sign FROM STDIN") as copy:
            for sign, reading in usual.items():
                copy.write_row((sign, reading, OTHERS.get(sign, reading)))
        with cursor.copy("COPY atlas_phrase FROM STDIN") as copy:
            for words, readings in phrases(usual).items():
                copy.write_row((words, readings))


class Migration(migrations.Migration):
    """Names are found by sound, whichever door they came through."""

    dependencies = [
        ("atlas", "0002_edits_delete_the_tiles_they_meet"),
        ("grids", "0007_who_works_for_whom_and_on_what"),
        ("service_sites", "0001_sites_and_their_hours"),
        ("streets", "0001_streets_and_gates"),
    ]
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(INDEXES, BACKWARD),
    ]
