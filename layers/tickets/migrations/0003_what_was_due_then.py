"""Each step of a ticket keeps what was due from then on, so that a past moment can show what was overdue.

Steps that are stored already get it by replaying their ticket; the guard that lets nobody change them rests meanwhile.
"""

from itertools import groupby

from django.db import migrations, models

from layers.tickets.deadlines import Hours, Step, course

AT_ONCE = 5000


def replay(apps, editor):
    """Fill what was due, ticket by ticket, in the order of their steps."""
    category = apps.get_model("tickets", "Category")
    hours = {row.pk: Hours(row.sign_hours, row.handle_hours) for row in category.objects.all()}
    event = apps.get_model("tickets", "TicketEvent")
    rows = event.objects.order_by("ticket_id", "seq").values_list(
        "pk", "ticket_id", "ticket__category_id", "verb", "at"
    )
    if not rows.exists():
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_ticketevent DISABLE TRIGGER tickets_event_append_only")
        due = []
        for _ticket, steps in groupby(rows.iterator(chunk_size=AT_ONCE), key=lambda row: row[1]):
            told = list(steps)
            after = course([Step(row[3], row[4]) for row in told], hours[told[0][2]])
            due += [(clocks.due_at, row[0]) for row, clocks in zip(told, after, strict=True) if clocks.due_at]
            if len(due) >= AT_ONCE:
                cursor.executemany("UPDATE tickets_ticketevent SET due_at = %s WHERE id = %s", due)
                due = []
        cursor.executemany("UPDATE tickets_ticketevent SET due_at = %s WHERE id = %s", due)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE tickets_ticketevent ENABLE TRIGGER tickets_event_append_only")


class Migration(migrations.Migration):
    """What was due from each step on."""

    dependencies = [("tickets", "0002_guard_states_and_events")]
    operations = [
        migrations.AddField(
            "ticketevent",
            "due_at",
            models.DateTimeField(blank=True, null=True, verbose_name="next due from then on"),
        ),
        migrations.RunPython(replay, migrations.RunPython.noop),
    ]
