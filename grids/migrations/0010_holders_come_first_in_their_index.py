"""The planner takes these indexes to look a holder up: with the area first it read all of them, 20 ms at city size."""

import django.contrib.postgres.constraints
from django.db import migrations, models

import gis.shared.periods


class Migration(migrations.Migration):
    dependencies = [
        ("grids", "0009_gaps_that_are_allowed"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="appointment",
            name="grids_appointment_person_once",
        ),
        migrations.RemoveConstraint(
            model_name="appointment",
            name="grids_appointment_organisation_once",
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("person__isnull", False)),
                expressions=[
                    ("person", "="),
                    ("area", "="),
                    ("role", "="),
                    (gis.shared.periods.TsTzRange("valid_from", "valid_until"), "&&"),
                ],
                name="grids_appointment_person_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("organisation__isnull", False)),
                expressions=[
                    ("organisation", "="),
                    ("area", "="),
                    ("role", "="),
                    (gis.shared.periods.TsTzRange("valid_from", "valid_until"), "&&"),
                ],
                name="grids_appointment_organisation_once",
            ),
        ),
    ]
