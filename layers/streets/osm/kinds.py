"""What a file is by its name and by its first bytes, and how much is packed in it; a lie gives one clear error."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

ENDINGS = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm.gz": "gz",
    ".xml.gz": "gz",
    ".osm.bz2": "bz2",
    ".osm": "xml",
    ".xml": "xml",
}
"""How a name ends → what the file must be."""
Kind = Literal["pbf", "xml", "gz", "bz2", "empty", "other"]
Why = Literal[
    "missing", "empty", "unknown-ending", "other-content", "broken", "no-streets", "too-wide",
    "packed-bomb", "too-many", "too-much-memory", "too-slow", "reader-died",
]  # fmt: skip
MOST_UNPACKED = 16 << 30
"""Bytes of XML out of a packed file."""
MOST_PACKED = 150
"""Map data pack to a tenth or a twentieth; what unpacks to so many times its size was made to harm."""
SMALL = 64 << 20
"""Bytes: what unpacks to no more than this harms nobody, however well it is packed."""
PIECE = 1 << 20
OPENED: dict[Kind, Callable[..., Any]] = {"gz": gzip.open, "bz2": bz2.open}
MAGIC: dict[Kind, bytes] = {"gz": b"\x1f\x8b", "bz2": b"BZh"}


class UnreadableFile(Exception):
    """One file that cannot be taken in: `why`, the `path`, and where known what was `found` after how many objects."""

    def __init__(self, why: Why, path: Path, *, found: str = "", objects: int = 0) -> None:
        """`found`: the content's kind, or the reader's own words; `objects`: read before it broke."""
        super().__init__(f"{path}: {why} {found}".strip())
        self.why, self.path, self.found, self.objects = why, path, found, objects


def examine(path: Path) -> None:
    """Refuse a file that is missing, empty, not what its name promises, or packed to harm; raises UnreadableFile."""
    promised = next((kind for ending, kind in ENDINGS.items() if path.name.lower().endswith(ending)), None)
    if not path.is_file():
        raise UnreadableFile("missing", path)
    found = content_kind(path)
    if found == "empty":
        raise UnreadableFile("empty", path)
    if promised is None:
        raise UnreadableFile("unknown-ending", path, found=found)
    if found != promised:
        raise UnreadableFile("other-content", path, found=found)
    if found in OPENED:
        _weigh(path, found)


def _weigh(path: Path, kind: Kind) -> None:
    """Unpack a file into nothing and count: refuse what a reader would never come to the end of."""
    packed, unpacked = path.stat().st_size, 0
    try:
        with OPENED[kind](path, "rb") as stream:
            while piece := stream.read(PIECE):
                unpacked += len(piece)
                if unpacked > MOST_UNPACKED or unpacked > max(SMALL, MOST_PACKED * packed):
                    raise UnreadableFile("packed-bomb", path, found=f"{unpacked >> 20:,}")
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile("broken", path, found=str(error)) from error


def content_kind(path: Path) -> Kind:
    """What a file's first bytes say it is; a packed file is what it is only if XML is packed in it."""
    with path.open("rb") as stream:
        head = stream.read(64)
    if not head.strip():
        return "empty"
    if head[4:].startswith(b"\x0a\x09OSMHeader"):
        return "pbf"
    if _looks_like_xml(head):
        return "xml"
    for kind, magic in MAGIC.items():
        if head.startswith(magic):
            try:
                with OPENED[kind](path, "rb") as packed:
                    inner = packed.read(64)
            except (OSError, EOFError, zlib.error) as error:
                raise UnreadableFile("broken", path, found=str(error)) from error
            if not inner.strip():
                return "empty"
            return kind if _looks_like_xml(inner) else "other"
    return "other"


def _looks_like_xml(head: bytes) -> bool:
    """Whether text begins with a tag, after a byte order mark and blanks at most."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
