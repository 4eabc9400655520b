"""The private folder of pictures, one level a place. Nothing is kept that is not proved to be a picture alone."""

import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

from gis.files.pictures import bare

ENDINGS = {"image/jpeg": ".jpg", "image/webp": ".webp"}


def root() -> Path:
    """The folder of this place's pictures; made on first use, closed to others."""
    folder = Path(settings.FILES_DIR) / settings.PLACE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def path_of(picture_id: UUID, kind: str, *, thumb: bool = False) -> Path:
    """Where a version of a picture lies."""
    name = str(picture_id)
    return root() / name[:2] / f"{name}{'.thumb' if thumb else ''}{ENDINGS[kind]}"


def put(picture_id: UUID, full: bytes, thumb: bytes) -> None:
    """Keep both versions, each whole or not at all. Raises bare.NotBareError before anything is written."""
    kinds = {bare.kind_of(content) for content in (full, thumb)}
    if len(kinds) != 1:
        raise bare.NotBareError("two versions of different kinds")
    kind = kinds.pop()
    _write(path_of(picture_id, kind, thumb=True), thumb)
    _write(path_of(picture_id, kind), full)


def erase(picture_id: UUID) -> None:
    """Remove everything of a picture, what was written half included."""
    folder = root() / str(picture_id)[:2]
    for path in folder.glob(f"{picture_id}*"):
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """On the disk before it is told; its folder too, so that a power cut loses neither."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as target:
        os.fchmod(target.fileno(), 0o600)
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
