"""Matters close to a border are seen by whoever answers across it."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0014_tallies_of_all_categories"),
    ]

    operations = [
        migrations.CreateModel(
            name="TicketBorder",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="border",
                        serialize=False,
                        to="tickets.ticket",
                        verbose_name="ticket",
                    ),
                ),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None, verbose_name="areas across the border"
                    ),
                ),
            ],
            options={
                "verbose_name": "matter close to a border",
                "verbose_name_plural": "matters close to a border",
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["areas"], name="tickets_border_areas")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("areas", []), _negated=True), name="tickets_border_of_some_area"
                    )
                ],
            },
        ),
    ]
