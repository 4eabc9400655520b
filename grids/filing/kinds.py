"""What a file is, by what it holds and never by its name; unpacking an archive without trusting what it says."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grids.filing.faults import Unreadable

MOST_UNPACKED = 1 << 30
"""Bytes that an archive may become. Counted while unpacking: what its directory says may be a lie."""
MOST_MEMBERS = 2_000
CHUNK = 1 << 20
GPKG_IDS = {b"GPKG", b"GP10", b"GP11"}
SINGLE = {".geojson": "geojson", ".json": "geojson", ".gpkg": "geopackage", ".parquet": "geoparquet"}
PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg"}


@dataclass(frozen=True)
class Found:
    """A file to read: its kind and where it lies now."""

    kind: str
    path: Path


def kind_of(path: Path) -> str:
    """Say "geopackage", "geoparquet", "zip" or "geojson"; raises Unreadable naming what else it looks like."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unreadable("empty-file")
    if head.startswith(b"SQLite format 3\x00"):
        if head[68:72] in GPKG_IDS or b"gpkg_contents" in path.read_bytes()[: 1 << 20]:
            return "geopackage"
        raise Unreadable("wrong-kind", found="SQLite")
    if head.startswith(b"PAR1"):
        return "geoparquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return "geojson"
    looks = {
        b"\x00\x00\x27\x0a": ".shp", b"Rar!": "RAR", b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gzip", b"%PDF": "PDF",
        b"AC10": "DWG", b"<?xml": "XML", b"<": "XML", b"[": "JSON", b"\xd0\xcf\x11\xe0": "XLS",
    }  # fmt: skip
    found = next((name for magic, name in looks.items() if head.startswith(magic) or text.startswith(magic)), "")
    raise Unreadable("lonely-shp" if found == ".shp" else "wrong-kind", found=found or "?")


def unpack(path: Path, into: Path) -> Found:
    """Put the one data set of an archive into a folder, under names of ours; raises Unreadable.

    Only the members that a reader needs are unpacked; folders, links and names of members never reach the disk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack(archive, into)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise Unreadable("bad-zip") from error
    except RuntimeError as error:  # encrypted
        raise Unreadable("locked-zip") from error


def _unpack(archive: zipfile.ZipFile, into: Path) -> Found:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise Unreadable("too-many-members", most=MOST_MEMBERS)
    sets: dict[str, dict[str, zipfile.ZipInfo]] = {}
    singles: list[tuple[str, zipfile.ZipInfo]] = []
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in name.parts)
        if member.is_dir() or hidden:
            continue
        ending = name.suffix.lower()
        if ending in PARTS:
            sets.setdefault(str(name.with_suffix("")).lower(), {})[ending] = member
        elif ending in SINGLE:
            singles.append((SINGLE[ending], member))
    shapefiles = {name: parts for name, parts in sets.items() if ".shp" in parts}
    found = len(shapefiles) + len(singles)
    if found == 0:
        raise Unreadable("nothing-in-zip")
    if found > 1:
        raise Unreadable("many-in-zip", count=found)
    room = Room()
    if singles:
        kind, member = singles[0]
        target = into / f"file.{kind}"
        room.copy(archive, member, target)
        actual = kind_of(target)
        if actual == "zip":
            raise Unreadable("wrong-kind", found="zip")
        return Found(actual, target)
    parts = next(iter(shapefiles.values()))
    missing = [ending for ending in (".shx", ".dbf") if ending not in parts]
    if missing:
        raise Unreadable("missing-part", part=" ".join(missing))
    for ending, member in parts.items():
        room.copy(archive, member, into / f"file{ending}")
    return Found("shapefile", into / "file.shp")


class Room:
    """How much an archive may still become."""

    def __init__(self) -> None:
        self.left = MOST_UNPACKED

    def copy(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
        """Unpack one member, counting its bytes as they come."""
        with archive.open(member) as source, target.open("wb") as file:
            while chunk := source.read(CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    raise Unreadable("zip-bomb", most=MOST_UNPACKED // CHUNK)
                file.write(chunk)
