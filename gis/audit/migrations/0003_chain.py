"""A mark on each entry, and the chain of seals over the log, which can only grow like it."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION audit_wait_for_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pending (entry_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_entry_waits_for_seal AFTER INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_wait_for_seal();
INSERT INTO audit_pending (entry_id) SELECT id FROM audit_entry;
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_seal FROM PUBLIC, CURRENT_USER;
"""
BACKWARD = """
GRANT UPDATE, DELETE, TRUNCATE ON audit_seal TO CURRENT_USER;
DROP TRIGGER audit_seal_no_truncate ON audit_seal;
DROP TRIGGER audit_seal_append_only ON audit_seal;
DROP TRIGGER audit_entry_waits_for_seal ON audit_entry;
DROP FUNCTION audit_wait_for_seal();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.AddField(
            "entry", "mark", models.BinaryField(editable=False, max_length=16, null=True, verbose_name="mark")
        ),
        migrations.AddField(
            "entry",
            "key",
            models.CharField(blank=True, default="", editable=False, max_length=8, verbose_name="key"),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("chain", models.UUIDField(verbose_name="chain")),
                ("before", models.BinaryField(verbose_name="head before")),
                ("sealed_at", models.DateTimeField(verbose_name="sealed")),
                ("key", models.CharField(max_length=8, verbose_name="key")),
                (
                    "entries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="entries"
                    ),
                ),
                ("marks", models.BinaryField(verbose_name="marks")),
                ("head", models.BinaryField(verbose_name="head")),
            ],
            options={"verbose_name": "seal", "verbose_name_plural": "seals", "ordering": ("number",)},
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("entry_id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="entry")),
            ],
            options={
                "verbose_name": "entry that waits for its seal",
                "verbose_name_plural": "entries that wait for their seal",
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
