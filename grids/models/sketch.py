"""A line that somebody has begun and not yet saved: kept for that account alone, on any device."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models.area import Area, Tier


class Sketch(models.Model):
    """An unsaved drawing: at most one for an account, a task and an area. Nobody else ever sees it."""

    class Task(models.TextChoices):
        """What it is meant for."""

        DRAW = "draw", _("a new area inside this one")
        MOVE = "move", _("a new boundary of this area")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("whose")
    )
    task = models.CharField(_("task"), max_length=4, choices=Task.choices)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="+", verbose_name=_("area"))
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tier to be drawn")
    )
    new_area = models.UUIDField(_("id of the area to be drawn"), null=True, blank=True)
    made_from = models.PositiveIntegerField(_("version it was made from"), null=True, blank=True)
    drawing = models.JSONField(_("lines"), default=dict)
    words = models.JSONField(_("names and code"), default=dict)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    updated_at = models.DateTimeField(_("last change"))

    class Meta:
        """One a task."""

        verbose_name = _("unsaved drawing")
        verbose_name_plural = _("unsaved drawings")
        ordering = ("-updated_at",)
        constraints = [models.UniqueConstraint(fields=["account", "task", "area"], name="grids_sketch_one_a_task")]

    def __str__(self) -> str:
        """What for."""
        return f"{self.get_task_display()} {self.area_id}"
