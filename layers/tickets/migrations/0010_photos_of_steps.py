"""Photos of the steps of tickets; they are added and stay, and belong to the ticket whose step brought them."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION tickets_guard_photo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'photos of tickets are append-only: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tickets_photo_append_only';
    END IF;
    IF NOT EXISTS (SELECT FROM files_picture picture JOIN tickets_ticketevent event ON event.ticket_id = picture.owner_id
                   WHERE picture.id = NEW.picture_id AND picture.owner = 'ticket' AND event.id = NEW.event_id) THEN
        RAISE EXCEPTION 'picture % does not belong to the ticket of event %', NEW.picture_id, NEW.event_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_photo_of_its_ticket';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard_photo BEFORE INSERT OR UPDATE OR DELETE ON tickets_ticketphoto
    FOR EACH ROW EXECUTE FUNCTION tickets_guard_photo();
CREATE TRIGGER tickets_photo_no_truncate BEFORE TRUNCATE ON tickets_ticketphoto
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_guard_photo();
"""
BACKWARD = """
DROP TRIGGER tickets_guard_photo ON tickets_ticketphoto;
DROP TRIGGER tickets_photo_no_truncate ON tickets_ticketphoto;
DROP FUNCTION tickets_guard_photo();
"""


class Migration(migrations.Migration):
    """The table and its guard."""

    dependencies = [("files", "0001_pictures"), ("tickets", "0009_guard_steps_by_statement")]
    operations = [
        migrations.CreateModel(
            name="TicketPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="order")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="tickets.ticketevent",
                        verbose_name="ticket event",
                    ),
                ),
                (
                    "picture",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.picture",
                        verbose_name="photo",
                    ),
                ),
            ],
            options={
                "verbose_name": "photo of a ticket",
                "verbose_name_plural": "photos of tickets",
                "ordering": ("event_id", "position"),
                "constraints": [
                    models.UniqueConstraint(fields=("event", "position"), name="tickets_photo_order"),
                    models.CheckConstraint(condition=models.Q(("position__gte", 1)), name="tickets_photo_from_one"),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
