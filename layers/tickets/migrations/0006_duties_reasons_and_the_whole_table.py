"""Lists of duties and of reasons, the further clocks, and the states and moves of the whole table."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns and tables; what stands in them comes with the next one."""

    dependencies = [
        ("grids", "0011_a_post_to_come_may_be_taken_back"),
        ("tickets", "0005_reporters_are_sealed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                ("name_en", models.CharField(blank=True, max_length=120, verbose_name="English name")),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("order", models.PositiveIntegerField(default=0, verbose_name="order")),
            ],
            options={
                "verbose_name": "duty",
                "verbose_name_plural": "duties",
                "ordering": ("order", "code"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MoveReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now, verbose_name="from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("name_zh", models.CharField(max_length=120, verbose_name="Chinese name")),
                ("name_en", models.CharField(blank=True, max_length=120, verbose_name="English name")),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("order", models.PositiveIntegerField(default=0, verbose_name="order")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("report", "Report"),
                            ("accept", "Accept"),
                            ("refuse", "Do not accept"),
                            ("settle", "Settled elsewhere"),
                            ("dispatch", "Dispatch"),
                            ("sign", "Sign for it"),
                            ("return", "Return"),
                            ("start", "Start"),
                            ("pause", "Pause"),
                            ("resume", "Resume"),
                            ("handle", "Handled"),
                            ("verify", "Verify"),
                            ("redo", "Send back"),
                            ("close", "Close"),
                            ("reopen", "Reopen"),
                            ("rate", "Rate"),
                            ("transfer", "Hand over"),
                            ("escalate", "Send up a tier"),
                            ("relocate", "Correct the pin"),
                            ("request", "Ask for more time"),
                            ("extend", "Give more time"),
                            ("reply", "Reply"),
                            ("whistle", "Whistle a department"),
                            ("check_in", "Check in"),
                            ("merge", "Merge into another"),
                            ("separate", "Separate again"),
                            ("follow", "Closed with the other"),
                            ("split", "Split into parts"),
                            ("link", "Link"),
                        ],
                        max_length=12,
                        verbose_name="move",
                    ),
                ),
                ("words_needed", models.BooleanField(default=False, verbose_name="needs words")),
            ],
            options={
                "verbose_name": "reason of a move",
                "verbose_name_plural": "reasons of moves",
                "ordering": ("order", "code"),
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="category",
            name="tickets_category_hours_positive",
        ),
        migrations.RemoveConstraint(
            model_name="ticket",
            name="tickets_state_known",
        ),
        migrations.RemoveIndex(
            model_name="ticket",
            name="tickets_open_by_area",
        ),
        migrations.AddField(
            model_name="category",
            name="kind",
            field=models.CharField(
                choices=[("matter", "matter"), ("wish", "wish"), ("project", "project")],
                default="matter",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="category",
            name="private",
            field=models.BooleanField(default=True, verbose_name="never shown to the public"),
        ),
        migrations.AddField(
            model_name="category",
            name="reply_hours",
            field=models.FloatField(default=24, verbose_name="hours to accept it or not"),
        ),
        migrations.AddField(
            model_name="category",
            name="verify_hours",
            field=models.FloatField(default=72, verbose_name="hours to verify it"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="paused_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="paused until"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="reply_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="to be accepted by"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="verify_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="to be verified by"),
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="detail",
            field=models.JSONField(blank=True, null=True, verbose_name="what else"),
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="reason_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="listed reason"),
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="until"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="channel",
            field=models.CharField(
                choices=[
                    ("staff", "staff report"),
                    ("desk", "front desk"),
                    ("import", "imported file"),
                    ("patrol", "patrol note"),
                    ("visit", "household visit"),
                    ("snapshot", "resident's snapshot"),
                    ("wish", "wish"),
                    ("council", "council"),
                    ("hotline", "12345 hotline"),
                    ("sample", "sample data"),
                ],
                max_length=8,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="responsible_because",
            field=models.CharField(
                choices=[
                    ("holder", "the deepest area at this place has somebody in office"),
                    ("vacant", "the areas below have nobody in office"),
                    ("desk", "nobody is in office here: it goes to the front desk"),
                    ("outside", "outside every area: it goes to the nearest county"),
                    ("decision", "by decision of the front desk"),
                    ("raised", "it was sent up a tier"),
                    ("nobody", "no post of this county is filled yet"),
                ],
                max_length=8,
                verbose_name="why",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="state",
            field=models.CharField(
                choices=[
                    ("reported", "reported"),
                    ("accepted", "accepted for handling"),
                    ("refused", "not accepted"),
                    ("dispatched", "dispatched"),
                    ("signed", "signed for"),
                    ("returned", "returned"),
                    ("in_hand", "in hand"),
                    ("paused", "paused"),
                    ("handled", "handled"),
                    ("verified", "verified"),
                    ("closed", "closed"),
                    ("reopened", "reopened"),
                    ("merged", "merged into another"),
                    ("rated", "rated"),
                ],
                max_length=12,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="ticketevent",
            name="from_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("reported", "reported"),
                    ("accepted", "accepted for handling"),
                    ("refused", "not accepted"),
                    ("dispatched", "dispatched"),
                    ("signed", "signed for"),
                    ("returned", "returned"),
                    ("in_hand", "in hand"),
                    ("paused", "paused"),
                    ("handled", "handled"),
                    ("verified", "verified"),
                    ("closed", "closed"),
                    ("reopened", "reopened"),
                    ("merged", "merged into another"),
                    ("rated", "rated"),
                ],
                max_length=12,
                verbose_name="from",
            ),
        ),
        migrations.AlterField(
            model_name="ticketevent",
            name="to_state",
            field=models.CharField(
                choices=[
                    ("reported", "reported"),
                    ("accepted", "accepted for handling"),
                    ("refused", "not accepted"),
                    ("dispatched", "dispatched"),
                    ("signed", "signed for"),
                    ("returned", "returned"),
                    ("in_hand", "in hand"),
                    ("paused", "paused"),
                    ("handled", "handled"),
                    ("verified", "verified"),
                    ("closed", "closed"),
                    ("reopened", "reopened"),
                    ("merged", "merged into another"),
                    ("rated", "rated"),
                ],
                max_length=12,
                verbose_name="to",
            ),
        ),
        migrations.AlterField(
            model_name="ticketevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("report", "Report"),
                    ("accept", "Accept"),
                    ("refuse", "Do not accept"),
                    ("settle", "Settled elsewhere"),
                    ("dispatch", "Dispatch"),
                    ("sign", "Sign for it"),
                    ("return", "Return"),
                    ("start", "Start"),
                    ("pause", "Pause"),
                    ("resume", "Resume"),
                    ("handle", "Handled"),
                    ("verify", "Verify"),
                    ("redo", "Send back"),
                    ("close", "Close"),
                    ("reopen", "Reopen"),
                    ("rate", "Rate"),
                    ("transfer", "Hand over"),
                    ("escalate", "Send up a tier"),
                    ("relocate", "Correct the pin"),
                    ("request", "Ask for more time"),
                    ("extend", "Give more time"),
                    ("reply", "Reply"),
                    ("whistle", "Whistle a department"),
                    ("check_in", "Check in"),
                    ("merge", "Merge into another"),
                    ("separate", "Separate again"),
                    ("follow", "Closed with the other"),
                    ("split", "Split into parts"),
                    ("link", "Link"),
                ],
                max_length=12,
                verbose_name="move",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "reported",
                            "accepted",
                            "dispatched",
                            "signed",
                            "returned",
                            "in_hand",
                            "paused",
                            "handled",
                            "verified",
                            "reopened",
                            "merged",
                        ),
                    )
                ),
                fields=["responsible_area", "due_at"],
                name="tickets_open_by_area",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "reported",
                            "accepted",
                            "refused",
                            "dispatched",
                            "signed",
                            "returned",
                            "in_hand",
                            "paused",
                            "handled",
                            "verified",
                            "closed",
                            "reopened",
                            "merged",
                            "rated",
                        ),
                    )
                ),
                name="tickets_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="duty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                ),
                name="tickets_duty_period_has_length",
            ),
        ),
        migrations.RemoveField(model_name="category", name="duty"),
        migrations.AddField(
            model_name="category",
            name="duty",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="categories",
                to="tickets.duty",
                to_field="code",
                verbose_name="duty",
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("handle_hours__gt", 0), ("reply_hours__gt", 0), ("sign_hours__gt", 0), ("verify_hours__gt", 0)
                ),
                name="tickets_category_hours_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="movereason",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                ),
                name="tickets_movereason_period_has_length",
            ),
        ),
    ]
