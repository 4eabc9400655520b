"""The doors of pictures: add one, look at one, take one's own away. Who may is asked of the app it belongs to."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status

from gis.audit.receipts import idempotent, key_of
from gis.files import actions, store
from gis.files.models import Picture
from gis.files.owners import OWNERS, owner_of
from gis.files.pictures import FaultyError
from gis.files.wording import refusal
from gis.shared.errors import Invalid, Missing, SignInNeeded

router = Router(tags=["files"])
FORM_BYTES = 64 * 1024
"""What a form may have beside its file."""
PIECE = 1 << 20
MOST_POURED = 512 << 20
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class InMemory(MemoryFileUploadHandler):
    """Takes a file in without a temporary one: what a camera wrote into it never lies on a disk of ours."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *more: Any) -> None:  # noqa: N803
        """Every size: the door has looked at it before."""
        self.activated = True


@router.post("", openapi_extra=FORM, response={200: Any, 201: Any})
def post_file(request: HttpRequest, owner: str) -> Any:
    """Add a picture (multipart field `file`) for what it will belong to; the Idempotency-Key is the picture's id.

    Who may and how large is asked before anything of the file is read.
    """
    now = timezone.now()
    owner_of(owner).may_add(request.user, now)
    picture_id = key_of(request)
    picture, new = actions.take_in(
        picture_id=picture_id, owner=owner, data=_file_of(request), actor=request.user, now=now
    )
    return Status(201 if new else 200, picture.document)


@router.get("/{uuid:file_id}")
def get_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The picture as it is stored."""
    return _shown(request, _one(request, file_id), thumb=False)


@router.get("/{uuid:file_id}/thumb")
def get_thumb(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Its small version."""
    return _shown(request, _one(request, file_id), thumb=True)


@router.delete("/{uuid:file_id}")
@idempotent
def delete_file(request: HttpRequest, file_id: UUID) -> Any:
    """Take away one's own picture that belongs to nothing yet."""
    if not request.user.is_authenticated:
        raise SignInNeeded(_("Sign in to do this."))
    actions.remove(picture_id=file_id, actor=request.user, now=timezone.now())
    return {"removed": str(file_id)}


def _file_of(request: HttpRequest) -> bytes:
    """The form's file; raises Invalid when there is none or it is too large, before reading it."""
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > (settings.FILES_MAX_MB << 20) + FORM_BYTES:
        _pour_away(request)
        raise refusal(FaultyError("too-large"))
    request.upload_handlers = [InMemory(request)]
    file = request.FILES.get("file")
    if file is None:
        told = _("Choose a photo.")
        raise Invalid(told, code="no-file", fields={"file": told})
    return bytes(file.read())


def _pour_away(request: HttpRequest) -> None:
    """Let go what a browser is still sending: one whose server hangs up in the middle shows no answer at all."""
    for _piece in range(MOST_POURED // PIECE):
        if not request.read(PIECE):
            return


def _one(request: HttpRequest, file_id: UUID) -> Picture:
    """A picture the asker may see: the own one, or one of something that its app lets the asker read."""
    if not request.user.is_authenticated:
        raise SignInNeeded(_("Sign in to do this."))
    picture = Picture.objects.filter(pk=file_id, stored=True).first()
    if picture is not None:
        owner = OWNERS.get(picture.owner)
        if picture.owner_id is None:
            readable = picture.account_id == request.user.pk
        else:
            readable = owner is not None and owner.readable(request.user, picture.owner_id, timezone.now())
        if readable:
            return picture
    raise Missing(_("There is no such picture, or it is not for you."), code="no-picture")


def _shown(request: HttpRequest, picture: Picture, *, thumb: bool) -> HttpResponse:
    """Bytes that a browser can only show: no type to guess, nothing active, in no shared cache, asked for each time."""
    tag = f'"{picture.sha256[:32]}{"-t" if thumb else ""}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        path = store.path_of(picture.pk, picture.kind, thumb=thumb)
        try:
            response = HttpResponse(path.read_bytes(), content_type=picture.kind)
        except FileNotFoundError:
            actions.logger.error("picture %s is not in the store", picture.pk)
            told = _("This picture is not in the store any more. Tell your administrator.")
            raise Missing(told, code="picture-lost") from None
        response["Content-Disposition"] = f'inline; filename="{picture.pk}{store.ENDINGS[picture.kind]}"'
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
