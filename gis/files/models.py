"""What is known of a stored picture: whose it is, what it belongs to, and the hash that its bytes must have."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PictureQuerySet(models.QuerySet[Any, Any]):
    """Words for questions about pictures."""

    def waiting(self) -> Self:
        """Those that belong to nothing yet."""
        return self.filter(owner_id__isnull=True)


class Picture(models.Model):
    """A picture in the private store; its id is made by the client, so that sending twice stores once.

    The row is written before the bytes and outlives them, so that no file lies in the store that no row names:
    `stored` says that both versions are there. A trigger refuses every other change once it belongs to something.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.CharField(_("kind of owner"), max_length=20)
    owner_id = models.UUIDField(_("belongs to"), null=True, blank=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    source_hash = models.BinaryField(_("hash of what was sent"), max_length=32)
    kind = models.CharField(_("kind"), max_length=20)
    width = models.PositiveIntegerField(_("width in pixels"))
    height = models.PositiveIntegerField(_("height in pixels"))
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("hash"), max_length=64)
    stored = models.BooleanField(_("lies in the store"), default=False)
    created_at = models.DateTimeField(_("added"))
    attached_at = models.DateTimeField(_("attached"), null=True, blank=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        """What belongs to something is there, and since when is known."""

        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = [
            models.Index(
                fields=["account", "created_at"], name="files_picture_waiting", condition=Q(owner_id__isnull=True)
            ),
            models.Index(fields=["created_at"], name="files_picture_left", condition=Q(owner_id__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="files_picture_attached_is_stored",
                condition=Q(owner_id__isnull=True, attached_at__isnull=True)
                | Q(owner_id__isnull=False, attached_at__isnull=False, stored=True),
            ),
            models.CheckConstraint(
                name="files_picture_kind", condition=Q(kind__in=["image/jpeg", "image/webp"], width__gt=0, height__gt=0)
            ),
        ]

    def __str__(self) -> str:
        """Its id: a picture has no name."""
        return str(self.pk)

    @property
    def document(self) -> dict[str, Any]:
        """What the page is told of a picture."""
        url = f"/api/files/{self.pk}"
        return {"id": str(self.pk), "url": url, "thumb": f"{url}/thumb", "width": self.width, "height": self.height}
