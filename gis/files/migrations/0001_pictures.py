"""Pictures in the private store, and the guard that what belongs to something stays as it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

FORWARD = """
CREATE FUNCTION files_guard_picture() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['owner_id', 'attached_at', 'stored'];
BEGIN
    IF TG_OP = 'TRUNCATE' OR OLD.owner_id IS NOT NULL THEN
        RAISE EXCEPTION 'a picture that belongs to something is kept as it is: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'files_picture_is_kept';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.stored THEN
            RAISE EXCEPTION 'picture % still lies in the store', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'files_picture_still_stored';
        END IF;
        RETURN OLD;
    END IF;
    IF NOT OLD.stored THEN  -- its bytes are on their way
        free := free || ARRAY['kind', 'width', 'height', 'size', 'sha256'];
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'picture % cannot become another one', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'files_picture_is_itself';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER files_guard_picture BEFORE UPDATE OR DELETE ON files_picture
    FOR EACH ROW EXECUTE FUNCTION files_guard_picture();
CREATE TRIGGER files_picture_no_truncate BEFORE TRUNCATE ON files_picture
    FOR EACH STATEMENT EXECUTE FUNCTION files_guard_picture();
"""
BACKWARD = """
DROP TRIGGER files_guard_picture ON files_picture;
DROP TRIGGER files_picture_no_truncate ON files_picture;
DROP FUNCTION files_guard_picture();
"""


class Migration(migrations.Migration):
    """The table and its guard."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("owner", models.CharField(max_length=20, verbose_name="kind of owner")),
                ("owner_id", models.UUIDField(blank=True, null=True, verbose_name="belongs to")),
                ("source_hash", models.BinaryField(max_length=32, verbose_name="hash of what was sent")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("width", models.PositiveIntegerField(verbose_name="width in pixels")),
                ("height", models.PositiveIntegerField(verbose_name="height in pixels")),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="hash")),
                ("stored", models.BooleanField(default=False, verbose_name="lies in the store")),
                ("created_at", models.DateTimeField(verbose_name="added")),
                ("attached_at", models.DateTimeField(blank=True, null=True, verbose_name="attached")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "indexes": [
                    models.Index(
                        condition=Q(("owner_id__isnull", True)),
                        fields=["account", "created_at"],
                        name="files_picture_waiting",
                    ),
                    models.Index(
                        condition=Q(("owner_id__isnull", True)), fields=["created_at"], name="files_picture_left"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(
                            Q(("attached_at__isnull", True), ("owner_id__isnull", True)),
                            Q(("attached_at__isnull", False), ("owner_id__isnull", False), ("stored", True)),
                            _connector="OR",
                        ),
                        name="files_picture_attached_is_stored",
                    ),
                    models.CheckConstraint(
                        condition=Q(("height__gt", 0), ("kind__in", ["image/jpeg", "image/webp"]), ("width__gt", 0)),
                        name="files_picture_kind",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
