"""Older and imported matters get their areas across a border, and nobody but their keeper writes or empties these."""

from django.db import migrations

GUARD = """
CREATE FUNCTION tickets_borders_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR current_setting('tickets.keeper', true) IS DISTINCT FROM 'yes' THEN
        RAISE EXCEPTION 'who lies across a border follows from the ticket: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tickets_borders_are_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tickets_borders_are_kept BEFORE INSERT OR UPDATE OR DELETE ON tickets_ticketborder
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_borders_are_kept();
CREATE TRIGGER tickets_border_no_truncate BEFORE TRUNCATE ON tickets_ticketborder
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_borders_are_kept();
"""
UNGUARD = """
DROP TRIGGER tickets_border_no_truncate ON tickets_ticketborder;
DROP TRIGGER tickets_borders_are_kept ON tickets_ticketborder;
DROP FUNCTION tickets_borders_are_kept();
"""


def fill(apps, editor):
    """All tickets there are, by column; a million take half a minute, none take nothing."""
    from layers.tickets import bordering

    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('tickets.keeper', 'yes', true)")
        bordering.mend(list(bordering.differing()))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT set_config('tickets.keeper', '', true)")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_both_sides_of_a_border"), ("grids", "0011_a_post_to_come_may_be_taken_back")]

    operations = [
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
