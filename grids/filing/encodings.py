"""In which encoding the texts of a dBASE table are: what its .cpg says is believed only when the bytes agree."""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grids.filing.faults import MOST_COLUMNS, Unreadable

HEAD, FIELD = 32, 32


@dataclass(frozen=True)
class DbfHead:
    """What the first bytes of a .dbf say: how many rows, where and how long, and which columns are text."""

    rows: int
    start: int
    length: int
    texts: list[tuple[int, int]]


def dbf_head(path: Path) -> DbfHead:
    """The header of a .dbf; raises Unreadable when it lies about its own size."""
    raw = path.read_bytes()[:HEAD]
    if len(raw) < HEAD:
        raise Unreadable("truncated", part=".dbf")
    rows, start, length = struct.unpack("<xxxxIHH", raw[:12])
    with path.open("rb") as file:
        head = file.read(start)
    texts: list[tuple[int, int]] = []
    offset = 1
    for at in range(HEAD, len(head) - FIELD, FIELD):
        if head[at] == 0x0D:
            break
        width = head[at + 16]
        if head[at + 11 : at + 12] == b"C":
            texts.append((offset, width))
        offset += width
    if len(texts) > MOST_COLUMNS:
        raise Unreadable("too-many-columns", most=MOST_COLUMNS)
    size = path.stat().st_size
    if len(head) < start or length < 1 or offset > length or start + rows * length > size:
        raise Unreadable("truncated", part=".dbf")
    return DbfHead(rows, start, length, texts)


def encoding_of(path: Path, said: str = "") -> tuple[str, str]:
    """(the encoding in which all texts of a .dbf can be read, what was said and is not so, or "").

    UTF-8 is told from GB18030 by its own pattern, which Chinese text in GB18030 practically never has.
    """
    head = dbf_head(path)
    cells = _cells(path, head)
    candidates = ["utf-8", "gb18030"]
    named = _known(said)
    if named:
        candidates = [named, *(name for name in candidates if name != named)]
    for name in candidates:
        if all(_decodes(cell, name) for cell in cells):
            return name, said if named and name != named else ""
    return "latin-1", said


def _known(said: str) -> str:
    """Python's name of an encoding that a .cpg may say; "" when nobody knows it."""
    word = said.strip().lower().replace("_", "-")
    if word in {"936", "cp936", "gbk", "gb2312", "gb18030", "ansi 936", "54936"}:
        return "gb18030"
    if word in {"utf-8", "utf8", "65001"}:
        return "utf-8"
    try:
        return codecs.lookup(word).name if word else ""
    except (LookupError, ValueError):
        return ""


def _cells(path: Path, head: DbfHead) -> list[bytes]:
    """The distinct texts of a .dbf that are not plain ASCII."""
    if not head.rows or not head.texts:
        return []
    table = np.memmap(path, np.uint8, "r", offset=head.start, shape=(head.rows, head.length))
    found: set[bytes] = set()
    for offset, width in head.texts:
        column = np.ascontiguousarray(table[:, offset : offset + width])
        strange = column[(column >= 0x80).any(axis=1)]
        found.update(cell.rstrip(b" \x00") for cell in np.unique(strange, axis=0).view(f"S{width}").ravel().tolist())
    return sorted(found)


def _decodes(cell: bytes, name: str) -> bool:
    """Whether a text can be read so; a character cut at the end of its field is forgiven."""
    for cut in range(4):
        try:
            cell[: len(cell) - cut].decode(name)
        except UnicodeDecodeError as error:
            if error.start < len(cell) - 4:
                return False
        else:
            return True
    return False
