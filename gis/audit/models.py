"""Append-only tables: what was done or read, and the receipts of acknowledged writes."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
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
    mark = models.BinaryField(_("mark"), max_length=16, null=True, editable=False)
    key = models.CharField(_("key"), max_length=8, blank=True, editable=False)

    class Meta:
        """Newest last; the trigger that refuses changes is in the first migration."""

        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ("id",)

    def __str__(self) -> str:
        """One line of the log."""
        return f"{self.recorded_at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.subject}"

    def told(self) -> list[Any]:
        """What its mark stands for: its number, every word of it, and the key's name."""
        words = [self.actor_id, self.actor_name, self.verb, self.subject, self.detail]
        return [self.pk, self.recorded_at, *words, self.key]


class Seal(models.Model):
    """One link of the chain over the log: which entries, their marks, and a head over these and all links before."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    chain = models.UUIDField(_("chain"))
    before = models.BinaryField(_("head before"))
    sealed_at = models.DateTimeField(_("sealed"))
    key = models.CharField(_("key"), max_length=8)
    entries = ArrayField(models.BigIntegerField(), verbose_name=_("entries"))
    marks = models.BinaryField(_("marks"))
    head = models.BinaryField(_("head"))

    class Meta:
        """Append-only like the log."""

        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("number",)

    def __str__(self) -> str:
        """Its number."""
        return str(self.number)

    def told(self) -> dict[str, Any]:
        """What its head stands for."""
        return {
            "chain": str(self.chain),
            "number": self.number,
            "before": bytes(self.before),
            "sealed_at": self.sealed_at,
            "entries": self.entries,
            "marks": bytes(self.marks),
        }


class Pending(models.Model):
    """An entry that waits for its seal; a trigger writes it down with the entry."""

    entry_id = models.BigIntegerField(_("entry"), primary_key=True)

    class Meta:
        """A plain list."""

        verbose_name = _("entry that waits for its seal")
        verbose_name_plural = _("entries that wait for their seal")

    def __str__(self) -> str:
        """The entry's number."""
        return str(self.entry_id)


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
