"""A ticket keeps how its area was found (by point, by accuracy, from the list) and the floor, where somebody said it."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Two columns; tickets that are here were all placed by their points."""

    dependencies = [("tickets", "0003_what_was_due_then")]

    operations = [
        migrations.AddField("ticket", "floor", models.SmallIntegerField(blank=True, null=True, verbose_name="floor")),
        migrations.AddField(
            "ticket",
            "located_because",
            models.CharField(
                choices=[
                    ("point", "by its point"),
                    ("accuracy", "by its point, whose accuracy cannot tell the areas below apart"),
                    ("list", "chosen from the list by who reported it"),
                ],
                db_default="point",
                default="point",
                max_length=8,
                verbose_name="how its area was found",
            ),
        ),
        migrations.AddConstraint(
            "ticket",
            models.CheckConstraint(
                name="tickets_floor_exists",
                condition=Q(floor__isnull=True) | (Q(floor__gte=-9, floor__lte=200) & ~Q(floor=0)),
            ),
        ),
    ]
