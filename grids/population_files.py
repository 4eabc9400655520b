"""A table of residents out of a CSV or XLSX file, told apart by content; plain Python.

Everything is read before anything is judged, within limits of rows and bytes; cells are text.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gis.shared.sheets import Lines
from grids.filing.faults import MOST_COLUMNS, MOST_ROWS, Unreadable
from grids.filing.table import unique_names

MOST_BYTES = 200 << 20
MOST_UNPACKED = 1 << 30
MOST_RATIO = 200
"""No honest sheet is packed to less than a two-hundredth."""
LONGEST = 400
PIECE = 1 << 20
DELIMITERS = ",;\t|"
XLSX_ERRORS = (
    InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, EOFError, IndexError,
    AttributeError, TypeError, NotImplementedError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: heads, and rows as (line, cells); a row has as many cells as there are heads."""

    kind: str
    encoding: str
    heads: list[str]
    rows: list[tuple[int, list[str]]]
    odd: list[int]
    """Lines with more cells than heads: what stands where in them nobody can tell."""


def read_sheet(path: Path) -> Sheet:
    """Read a file whole; raises Unreadable."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable("too-many-bytes", most=MOST_BYTES >> 20)
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise Unreadable("empty-file")
    if head.startswith(b"PK\x03\x04"):
        return _sheet("xlsx", "", _xlsx(path))
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"Rar!", b"\x89PNG", b"\xff\xd8", b"SQLite")):
        raise Unreadable("no-sheet")
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        if text.read(PIECE).lstrip()[:1] in ("<", "{", "["):
            raise Unreadable("no-sheet")
        text.seek(0)
        return _sheet("csv", encoding.removesuffix("-sig"), _csv(text))


def _sheet(kind: str, encoding: str, lines: Iterator[tuple[int, list[str]]]) -> Sheet:
    """The first line is the heads; blank lines are left out."""
    _line, heads = next(lines, (1, []))
    while heads and not heads[-1]:
        heads.pop()
    if not heads:
        raise Unreadable("no-rows")
    if len(heads) > MOST_COLUMNS:
        raise Unreadable("too-many-columns", most=MOST_COLUMNS)
    rows: list[tuple[int, list[str]]] = []
    odd: list[int] = []
    for line, cells in lines:
        if not any(cells):
            continue
        if len(rows) >= MOST_ROWS:
            raise Unreadable("too-many-rows", most=MOST_ROWS)
        if any(cells[len(heads) :]):
            odd.append(line)
        else:
            rows.append((line, (cells + [""] * len(heads))[: len(heads)]))
    if not rows and not odd:
        raise Unreadable("no-rows")
    return Sheet(kind, encoding, unique_names(heads), rows, odd)


def _encoding(path: Path) -> str:
    """In which encoding the whole file is text: UTF-8, or else GB 18030. Looked at piece by piece, never held whole."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                begun = False
                while piece := file.read(PIECE):
                    if not begun and piece.startswith((b"\xff\xfe", b"\xfe\xff")):
                        raise Unreadable("utf-16")
                    if b"\0" in piece:
                        raise Unreadable("no-sheet")
                    decoder.decode(piece)
                    begun = True
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable("bad-encoding")


def _csv(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV text, with whatever stands oftenest in its first line between the cells."""
    first = text.readline(PIECE)
    text.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    lines = Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        before = 0
        for cells in reader:
            lines.begin()
            yield before + 1, [cell.strip()[:LONGEST] for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        raise Unreadable("bad-csv", line=reader.line_num) from error


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of the first sheet; an archive that would grow beyond reason is not opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        size = sum(member.file_size for member in members)
        if size > MOST_UNPACKED or size > MOST_RATIO * max(path.stat().st_size, 1 << 16):
            raise Unreadable("zip-bomb", most=MOST_UNPACKED >> 20)
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except XLSX_ERRORS as error:
        raise Unreadable("no-sheet") from error
    try:
        if not book.worksheets:
            raise Unreadable("no-rows")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size may be a lie
        for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield line, [_cell(cell) for cell in _short(cells)]
    except XLSX_ERRORS as error:
        raise Unreadable("no-sheet") from error
    finally:
        book.close()


def _short(cells: Sequence[Any]) -> Sequence[Any]:
    """A row without the thousands of empty cells that a formatted sheet may have."""
    if len(cells) > MOST_COLUMNS and any(cell is not None for cell in cells[MOST_COLUMNS:]):
        raise Unreadable("too-many-columns", most=MOST_COLUMNS)
    return cells[:MOST_COLUMNS]


def _cell(value: Any) -> str:
    """A cell as text; whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value).strip()[:LONGEST]
