"""Append-only tables: what was done or read, and the receipts of acknowledged writes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """Somebody did or read something. The actor is kept by id and by name, without a foreign key."""

    recorded_at = models.DateTimeField(_("when"), db_index=True)
    actor_id = models.CharField(_("who (id)"), max_length=64, blank=True)
    actor_name = models.CharField(_("who"), max_length=150)
    verb = models.CharField(_("did what"), max_length=64, db_index=True)
    subject = models.CharField(_("to what"), max_length=200, db_index=True)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        """Newest last; the trigger that refuses changes is in the first migration."""

        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ("id",)

    def __str__(self) -> str:
        """One line of the log."""
        return f"{self.recorded_at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.subject}"


class Receipt(models.Model):
    """The answer given to one write, by the client's key: sending the same write again gets the same answer."""

    key = models.UUIDField(_("key"))
    asker = models.CharField(_("asker"), max_length=64)
    request_hash = models.BinaryField(_("request"), max_length=32)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    body = models.JSONField(_("answer"), null=True)
    created_at = models.DateTimeField(_("when"))

    class Meta:
        """One answer for a key of one asker."""

        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [models.UniqueConstraint(fields=["asker", "key"], name="audit_receipt_once")]

    def __str__(self) -> str:
        """The key."""
        return str(self.key)
