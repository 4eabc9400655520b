"""A settlement says by which rule small figures were replaced in it: under another rule it is read anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Those that are there say none, so the worker reads them anew."""

    dependencies = [("coverage", "0003_read_again_what_stands_for_small_figures")]

    operations = [
        migrations.AddField(
            model_name="settlement",
            name="rule",
            field=models.CharField(blank=True, db_default="", max_length=64, verbose_name="rule"),
        ),
    ]
