"""Whether a kept tile still counts is asked at every look: a busy hour's edits must not be read one by one for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Edits by layer and transaction, and by layer and when they come into force."""

    dependencies = [
        ("atlas", "0004_names_are_compared_by_index"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(fields=["layer", "written_by"], name="atlas_edit_by_writer"),
        ),
        migrations.AddIndex(
            model_name="edit",
            index=models.Index(fields=["layer", "at"], name="atlas_edit_in_force"),
        ),
    ]
