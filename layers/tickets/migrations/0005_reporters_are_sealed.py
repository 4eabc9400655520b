"""Reporters in a table of their own; the database refuses plain values, deletion and what comes after anonymising."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
-- What gis.shared.sealing writes: 1, length of the key's name, the name, 12 random bytes, whole blocks and a tag.
CREATE FUNCTION tickets_is_sealed(value bytea) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT octet_length(value) = 0
        OR (octet_length(value) >= 46 AND get_byte(value, 0) = 1 AND get_byte(value, 1) BETWEEN 1 AND 16
            AND (octet_length(value) - 2 - get_byte(value, 1) - 12) % 16 = 0
            AND octet_length(value) - 2 - get_byte(value, 1) - 12 >= 32)
$$;
ALTER TABLE tickets_reporter ADD CONSTRAINT tickets_reporter_sealed CHECK (
    tickets_is_sealed(name) AND tickets_is_sealed(phone) AND tickets_is_sealed(address)
    AND (phone_hash IS NULL OR octet_length(phone_hash) = 32)
    AND (phone_hash IS NULL) = (octet_length(phone) = 0)
);

-- A reporter stays with the ticket; keys may change, values may be emptied once, and then nothing comes back.
CREATE FUNCTION tickets_guard_reporter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ticket_id <> OLD.ticket_id OR NEW.kept_at <> OLD.kept_at THEN
        RAISE EXCEPTION 'a reporter belongs to one ticket, from one moment on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_reporter_stays';
    END IF;
    IF OLD.anonymised_at IS NOT NULL THEN
        RAISE EXCEPTION 'the reporter of this ticket was anonymised'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_reporter_stays_anonymous';
    END IF;
    IF NEW.anonymised_at IS NULL AND (
        (octet_length(NEW.name) = 0) <> (octet_length(OLD.name) = 0)
        OR (octet_length(NEW.phone) = 0) <> (octet_length(OLD.phone) = 0)
        OR (octet_length(NEW.address) = 0) <> (octet_length(OLD.address) = 0)) THEN
        RAISE EXCEPTION 'a reporter is sealed anew or anonymised as a whole'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_reporter_whole';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tickets_guard_reporter BEFORE UPDATE ON tickets_reporter
    FOR EACH ROW EXECUTE FUNCTION tickets_guard_reporter();

CREATE FUNCTION tickets_keep_reporter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reporters are anonymised, never deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tickets_reporter_is_kept';
END $$;
CREATE TRIGGER tickets_reporter_is_kept BEFORE DELETE ON tickets_reporter
    FOR EACH ROW EXECUTE FUNCTION tickets_keep_reporter();
CREATE TRIGGER tickets_reporter_no_truncate BEFORE TRUNCATE ON tickets_reporter
    FOR EACH STATEMENT EXECUTE FUNCTION tickets_keep_reporter();
"""
BACKWARD = """
DROP TRIGGER tickets_reporter_no_truncate ON tickets_reporter;
DROP TRIGGER tickets_reporter_is_kept ON tickets_reporter;
DROP TRIGGER tickets_guard_reporter ON tickets_reporter;
DROP FUNCTION tickets_keep_reporter();
DROP FUNCTION tickets_guard_reporter();
ALTER TABLE tickets_reporter DROP CONSTRAINT tickets_reporter_sealed;
DROP FUNCTION tickets_is_sealed(bytea);
"""


class Migration(migrations.Migration):
    """Reporters."""

    dependencies = [("tickets", "0004_how_its_area_was_found")]
    operations = [
        migrations.CreateModel(
            name="Reporter",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="reporter",
                        serialize=False,
                        to="tickets.ticket",
                        verbose_name="ticket",
                    ),
                ),
                ("name", models.BinaryField(default=b"", verbose_name="name")),
                ("phone", models.BinaryField(default=b"", verbose_name="telephone")),
                ("address", models.BinaryField(default=b"", verbose_name="address")),
                (
                    "phone_hash",
                    models.BinaryField(max_length=32, null=True, verbose_name="mark of the telephone number"),
                ),
                ("kept_at", models.DateTimeField(verbose_name="taken down")),
                ("anonymised_at", models.DateTimeField(blank=True, null=True, verbose_name="anonymised")),
            ],
            options={
                "verbose_name": "reporter",
                "verbose_name_plural": "reporters",
                "indexes": [
                    models.Index(
                        condition=models.Q(("phone_hash__isnull", False)),
                        fields=["phone_hash"],
                        name="tickets_same_caller",
                    ),
                    models.Index(
                        condition=models.Q(("anonymised_at__isnull", True)),
                        fields=["ticket"],
                        name="tickets_reporters_kept",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("anonymised_at__isnull", True),
                            models.Q(("address", b""), ("name", b""), ("phone", b""), ("phone_hash__isnull", True)),
                            _connector="OR",
                        ),
                        name="tickets_reporter_emptied",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
