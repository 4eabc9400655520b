"""The private folder of jobs: what was uploaded for one and what it made, one folder a job, one level a place."""

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from gis.shared.errors import Invalid

LONGEST_NAME = 200
"""Bytes: file systems take 255, and a Chinese character is three of them."""
LONGEST_ENDING = 19


class Upload(Protocol):
    """The part of Django's UploadedFile that is read here."""

    name: str | None
    size: int | None
    file: BinaryIO

    def chunks(self) -> object:
        """Its content in pieces."""


def root() -> Path:
    """The folder of this place's jobs; made on first use, closed to others."""
    folder = Path(settings.SPOOL_DIR) / settings.PLACE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of(job_id: UUID) -> Path:
    """The folder of one job; it need not exist."""
    return root() / str(job_id)


def harmless(name: str) -> str:
    """A file name that leads nowhere else: its last part, without control characters, no longer than a disk takes."""
    last = re.split(r"[/\\]", name)[-1]
    clean = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]", "_", last).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        return _cut(clean, LONGEST_NAME) or "file"
    return f"{_cut(stem, LONGEST_NAME - len(f'.{ending}'.encode()))}.{ending}"


def _cut(text: str, most: int) -> str:
    """As much of a text as takes so many bytes."""
    return text.encode()[:most].decode(errors="ignore")


def take_in(job_id: UUID, file: Upload) -> str:
    """Store an upload whole or not at all; returns its harmless name. Raises Invalid when it is too large."""
    most = settings.SPOOL_FILE_MAX_MB * 1024 * 1024
    if (file.size or 0) > most:
        raise too_large()
    name = harmless(file.name or "")
    folder = folder_of(job_id) / "upload"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder.parent / "upload.partial"
    size = 0
    try:
        with partial.open("wb") as target:
            for piece in file.chunks():  # type: ignore[attr-defined]
                size += len(piece)
                if size > most:
                    raise too_large()
                target.write(piece)
        partial.replace(folder / name)
    finally:
        partial.unlink(missing_ok=True)
    return name


def too_large() -> Invalid:
    """The refusal of a file over the limit."""
    words = _("The file is larger than %(most)s MB, the most that is taken here. Split it, or ask your administrator.")
    told = words % {"most": settings.SPOOL_FILE_MAX_MB}
    return Invalid(told, code="file-too-large", fields={"file": told})


def put(job_id: UUID, name: str, content: bytes | Path) -> str:
    """Keep what a job made, whole or not at all, in place of what it kept before; returns its harmless name."""
    folder = folder_of(job_id) / "kept"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder.parent / "kept.partial"
    if isinstance(content, bytes):
        partial.write_bytes(content)
    else:
        shutil.copyfile(content, partial)
    told = harmless(name)
    partial.replace(folder / told)
    for other in folder.iterdir():
        if other.name != told:
            other.unlink()
    return told


def discard(job_id: UUID) -> None:
    """Remove everything of one job."""
    shutil.rmtree(folder_of(job_id), ignore_errors=True)


def older_than(moment: datetime) -> list[UUID]:
    """The jobs whose folders were not touched since."""
    found = []
    for folder in root().iterdir():
        try:
            if folder.stat().st_mtime < moment.timestamp():
                found.append(UUID(folder.name))
        except (ValueError, FileNotFoundError):
            continue
    return found
