"""The only writes: take a picture in, give it to what it belongs to, take it away while it belongs to nothing."""

import errno
import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.files import store
from gis.files.models import Picture
from gis.files.pictures import Caps, Drawn, FaultyError, bare, draw_apart
from gis.files.slots import slot
from gis.files.wording import refusal
from gis.shared.errors import Conflict, Invalid, Missing, Unavailable

logger = logging.getLogger(__name__)
MOST_WAITING = 60
"""So many pictures of one person may belong to nothing."""
KEPT_WAITING = timedelta(days=1)
KEPT_HALF = timedelta(hours=1)
AT_ONCE = 200
FULL = {errno.ENOSPC, errno.EDQUOT}


def take_in(*, picture_id: UUID, owner: str, data: bytes, actor: Any, now: datetime) -> tuple[Picture, bool]:
    """Draw a picture anew and keep that; returns (picture, whether it is new). The same id again is the same picture.

    Raises Invalid (what is wrong with it), Conflict (the id is another's, or too many wait), Unavailable.
    """
    source = hashlib.sha256(data).digest()
    known = Picture.objects.filter(pk=picture_id).first()
    if known is not None and _same(known, owner, source, actor).stored:
        return known, False
    if known is None and Picture.objects.waiting().filter(account=actor).count() >= MOST_WAITING:
        told = _("%(count)s pictures of yours belong to no matter yet. Send or remove those first.")
        raise Conflict(told % {"count": MOST_WAITING}, code="too-many-waiting")
    drawn = _drawn(data)
    with transaction.atomic():
        Picture.objects.get_or_create(
            pk=picture_id,
            defaults={
                "owner": owner, "account": actor, "source_hash": source, "created_at": now, **_told(drawn),
            },
        )  # fmt: skip
    # the row is committed before the bytes are written: no file ever lies there that no row names
    with transaction.atomic():
        picture = Picture.objects.select_for_update().filter(pk=picture_id).first()
        if picture is None:
            raise Unavailable(_("This picture was removed while it came in. Add it again."))
        if _same(picture, owner, source, actor).stored:
            return picture, False
        _keep(picture, drawn)
        record(actor=actor, verb="picture.add", subject=picture.pk, now=now)
    return picture, True


def attach(*, ids: Sequence[UUID], owner: str, owner_id: UUID, actor: Any, now: datetime) -> list[Picture]:
    """Give the actor's pictures to what they belong to from now on, in the caller's transaction; in the order given.

    Raises Invalid (one is gone, or not the actor's) and Conflict (one belongs to something else already).
    """
    found = {picture.pk: picture for picture in Picture.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    for number, pk in enumerate(ids, 1):
        picture = found.get(pk)
        if picture is None or not picture.stored or picture.owner != owner or picture.account_id != actor.pk:
            told = _("Photo %(number)s is not there any more: remove it and add it again.") % {"number": number}
            raise Invalid(told, code="no-picture", fields={"photos": told}, missing=[str(pk)])
        if picture.owner_id not in (None, owner_id):
            told = _("Photo %(number)s belongs to another matter already.") % {"number": number}
            raise Conflict(told, code="picture-taken", fields={"photos": told})
    chosen = [found[pk] for pk in ids]
    for picture in chosen:
        if picture.owner_id is None:
            picture.owner_id, picture.attached_at = owner_id, now
            picture.save(update_fields=["owner_id", "attached_at"])
    return chosen


def remove(*, picture_id: UUID, actor: Any, now: datetime) -> None:
    """Take away one's own picture that belongs to nothing yet. Raises Missing, Conflict."""
    with transaction.atomic():
        picture = Picture.objects.select_for_update().filter(pk=picture_id, account=actor.pk).first()
        if picture is None or not (picture.stored or picture.owner_id):
            raise Missing(_("There is no such picture, or it is not for you."), code="no-picture")
        if picture.owner_id is not None:
            raise Conflict(_("This picture belongs to a matter; what was sent stays."), code="picture-taken")
        picture.stored = False
        picture.save(update_fields=["stored"])
        record(actor=actor, verb="picture.remove", subject=picture.pk, now=now)
        transaction.on_commit(lambda: _erase(picture_id))


def sweep(*, now: datetime) -> int:
    """Remove what was added and never given to anything, and what was broken off; returns how many."""
    left = Picture.objects.waiting().filter(created_at__lt=now - KEPT_HALF)
    old = left.filter(created_at__lt=now - KEPT_WAITING).values_list("pk", flat=True)[:AT_ONCE]
    half = left.filter(stored=False).values_list("pk", flat=True)[:AT_ONCE]
    gone = {*old, *half}
    for pk in gone:
        with transaction.atomic():  # from here on nothing can be attached that is about to go
            Picture.objects.waiting().filter(pk=pk).update(stored=False)
        _erase(pk)
    return len(gone)


def _same(known: Picture, owner: str, source: bytes, actor: Any) -> Picture:
    """The picture already there under this id, when it is the same one by the same person."""
    if (known.owner, bytes(known.source_hash), known.account_id) != (owner, source, actor.pk):
        raise Conflict(_("Another picture was stored under this id."), code="id-taken")
    return known


def _drawn(data: bytes) -> Drawn:
    """The picture anew; raises Invalid in words."""
    caps = Caps(pixels=settings.FILES_MAX_MEGAPIXELS * 1_000_000)
    try:
        if len(data) > settings.FILES_MAX_MB << 20:
            raise FaultyError("too-large")
        with slot():
            return draw_apart(data, caps)
    except FaultyError as fault:
        raise refusal(fault) from None


def _keep(picture: Picture, drawn: Drawn) -> None:
    """Write the bytes, then say that they are there."""
    try:
        store.put(picture.pk, drawn.full, drawn.thumb)
    except OSError as error:
        if error.errno not in FULL:
            raise
        logger.exception("no room for pictures in %s", store.root())
        raise Unavailable(_("The server has no room for pictures. Tell your administrator.")) from error
    told = _told(drawn)
    Picture.objects.filter(pk=picture.pk).update(stored=True, **told)
    for name, value in {"stored": True, **told}.items():
        setattr(picture, name, value)


def _told(drawn: Drawn) -> dict[str, Any]:
    """What a row says of a picture's bytes."""
    return {
        "kind": bare.kind_of(drawn.full), "width": drawn.width, "height": drawn.height, "size": len(drawn.full),
        "sha256": hashlib.sha256(drawn.full).hexdigest(),
    }  # fmt: skip


def _erase(picture_id: UUID) -> None:
    """Bytes first, then the row that names them; broken off in between, the next sweep does the rest."""
    with transaction.atomic():
        rows = Picture.objects.waiting().filter(pk=picture_id, stored=False).select_for_update()
        if rows.first() is not None:
            store.erase(picture_id)
            Picture.objects.filter(pk=picture_id).delete()
