"""Words in tickets are found by index, and chains of areas no longer have one: pairs of grids know who lies where.

An index of trigrams knows nothing of words of two signs, which most Chinese words are. So it holds every sign twice:
of 路灯 it then has 路路灯 and 路灯灯. The two indexes on chains took 200 of the 270 seconds that a million tickets
needed; lists, counts and tiles ask `tickets_gridpair` instead.
"""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import layers.tickets.models.ticket

DOUBLED = r"""
CREATE FUNCTION tickets_doubled(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(upper(words), '(.)', '\1\1', 'g')
$$;
"""


class Migration(migrations.Migration):
    """One function, three indexes in, three out."""

    dependencies = [("tickets", "0010_photos_of_steps")]
    operations = [
        migrations.RunSQL(DOUBLED, "DROP FUNCTION tickets_doubled(text);"),
        migrations.RemoveIndex(model_name="ticket", name="tickets_located_chain"),
        migrations.RemoveIndex(model_name="ticket", name="tickets_responsible_chain"),
        migrations.AlterField(
            model_name="ticket",
            name="category",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="tickets.category",
                verbose_name="category",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("external_number", ""), _negated=True),
                fields=["external_number"],
                name="tickets_elsewhere",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    layers.tickets.models.ticket.Doubled("text"), name="gin_trgm_ops"
                ),
                name="tickets_words",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("number"), name="gin_trgm_ops"
                ),
                name="tickets_numbers",
            ),
        ),
    ]
