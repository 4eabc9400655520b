"""Where everybody lives was packed with other stand-ins for small figures than every other answer has now."""

from django.db import migrations


class Migration(migrations.Migration):
    """The settlement is read again, by the first who asks or by the worker."""

    dependencies = [("coverage", "0002_levels_and_where_everybody_lives")]

    operations = [migrations.RunSQL("DELETE FROM coverage_settlement", migrations.RunSQL.noop)]
