"""Tell the planner that comparing names costs something: inlined, it looked cheaper than the index and took a second."""

from django.db import migrations

FORWARD = r"""
CREATE OR REPLACE FUNCTION atlas_plain(words text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 500
AS $$ BEGIN RETURN
    regexp_replace(
        lower(normalize(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'), NFKC)),
        '[^a-z0-9\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]', '', 'g');
END $$;
"""


class Migration(migrations.Migration):
    """The same words, another way to run them."""

    dependencies = [("atlas", "0003_names_by_sound")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
