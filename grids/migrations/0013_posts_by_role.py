"""Posts are found by role, and those limited to some matters by themselves: among 90,000 chiefs there are few of both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two indexes."""

    dependencies = [("grids", "0012_points_of_residents")]
    operations = [
        migrations.AddIndex(
            model_name="appointment", index=models.Index(fields=["role"], name="grids_appointment_role")
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("categories", []), _negated=True), fields=["area"], name="grids_appointment_limited"
            ),
        ),
    ]
