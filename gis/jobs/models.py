"""What is to be done, how far it is, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a job stands; the last three are its end."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


ENDED = (State.DONE, State.FAILED, State.CANCELLED)


class Job(models.Model):
    """One piece of long work; the id is made by the client, so that asking twice starts once."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    args = models.JSONField(_("arguments"), default=dict)
    upload = models.CharField(_("uploaded file"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    cancel_asked = models.BooleanField(_("asked to stop"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    done = models.BigIntegerField(_("done so far"), default=0)
    total = models.BigIntegerField(_("of"), null=True)
    message = models.TextField(_("message"), blank=True)
    result = models.JSONField(_("result"), null=True)
    problem = models.JSONField(_("problem"), null=True)
    kept = models.CharField(_("file made"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        """Newest last; the database refuses an end without a moment, and the other way round."""

        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("created_at", "id")
        indexes = [
            models.Index(fields=["account", "-created_at"], name="jobs_of_an_account"),
            models.Index(fields=["state"], condition=models.Q(ended_at__isnull=True), name="jobs_not_ended"),
        ]
        constraints = [
            models.CheckConstraint(name="jobs_job_state", condition=models.Q(state__in=State.values)),
            models.CheckConstraint(
                name="jobs_job_ended_has_moment",
                condition=models.Q(state__in=ENDED, ended_at__isnull=False)
                | models.Q(ended_at__isnull=True, state__in=[State.QUEUED, State.RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        """What the person called it."""
        return self.title

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED
