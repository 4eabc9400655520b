"""Results of very many cells are kept as columns: only the words about the column change, no row does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The help text of `document`."""

    dependencies = [("hotspots", "0002_what_changed_and_who_wrote_it")]

    operations = [
        migrations.AlterField(
            "run",
            "document",
            models.BinaryField(
                help_text="z, p and class of every cell: GeoJSON packed by gzip, of very many cells columns by zip.",
                verbose_name="cells",
            ),
        )
    ]
