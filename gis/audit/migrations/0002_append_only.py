"""The log can only grow: no UPDATE, DELETE or TRUNCATE, by right and by trigger."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM PUBLIC, CURRENT_USER;
"""
BACKWARD = """
DROP TRIGGER audit_entry_append_only ON audit_entry;
DROP TRIGGER audit_entry_no_truncate ON audit_entry;
DROP FUNCTION audit_refuse_change();
GRANT UPDATE, DELETE, TRUNCATE ON audit_entry TO CURRENT_USER;
"""


class Migration(migrations.Migration):
    """Guards of the log."""

    dependencies = [("audit", "0001_log_and_receipts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
