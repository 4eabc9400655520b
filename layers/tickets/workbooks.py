"""The first sheet of an XLSX workbook, a row at a time, with bounds on what a stranger's archive may unpack to.

A workbook is a zip of XML: it may unpack to a thousand times its size, or hold entities that do. Sizes are looked at
before anything is read, entities are refused (defusedxml, which openpyxl uses by itself), formulas are never computed:
what the program that wrote the file had computed is taken, and where it had not, the cell is empty.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gis.shared.errors import Invalid

MOST_UNPACKED = 2 * 1024 * 1024 * 1024
MOST_TEXTS = 256 * 1024 * 1024
"""Bytes of the table of shared texts, the one part that is held in memory."""
MOST_RATIO = 200
MOST_MEMBERS = 2000
WIDEST = 500
TEXTS = "xl/sharedStrings.xml"


def is_workbook(head: bytes) -> bool:
    """Whether a file begins like a zip."""
    return head.startswith(b"PK\x03\x04")


def is_old_workbook(head: bytes) -> bool:
    """Whether a file begins like an .xls."""
    return head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def records_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells as text) of the first sheet; raises Invalid where the workbook cannot be read."""
    _demand_bearable(path)
    with path.open("rb") as file:
        yield from _records(path, file)


def _records(path: Path, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The same of an open file: by a name openpyxl would judge its ending."""
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (*BROKEN, InvalidFileException) as error:
        raise _unreadable(path, error) from None
    try:
        if not book.worksheets:
            return
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what it says of its own size may be a lie
        for line, row in zip(count(1), sheet.iter_rows(values_only=True, max_col=WIDEST), strict=False):
            cells = [text_of(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            yield line, cells
    except BROKEN as error:
        raise _unreadable(path, error) from None
    finally:
        book.close()


BROKEN = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, SyntaxError,
    OverflowError, NotImplementedError, RecursionError, DefusedXmlException, zlib.error, struct.error, MemoryError,
)  # fmt: skip
"""What openpyxl and the libraries below it raise for damaged files (XML errors are SyntaxErrors)."""


def _demand_bearable(path: Path) -> None:
    """Raise Invalid for an archive that would unpack to too much, as its own list says; reading keeps to that list."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise _unreadable(path, error) from None
    total = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    texts = sum(member.file_size for member in members if member.filename == TEXTS)
    if len(members) > MOST_MEMBERS or total > MOST_UNPACKED or texts > MOST_TEXTS or total > MOST_RATIO * packed:
        message = _("%(file)s unpacks to %(mb)d MB: that is more than a table of tickets. Save it as CSV.")
        values = {"file": path.name, "mb": total >> 20}
        raise Invalid(message % values, code="unreadable-file", fields={"file": message % values})
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise _unreadable(path, _("it is an archive, but no XLSX workbook"))


def text_of(value: Any) -> str:
    """A cell as the text that a CSV file would hold: whole numbers without a point, times in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds" if not value.microsecond else "microseconds")
        case date() | time():
            return value.isoformat()
    return str(value)


def _unreadable(path: Path, error: object) -> Invalid:
    """A workbook of which nothing is stored."""
    reason = error if isinstance(error, str) else _("the workbook is damaged")
    message = _("%(file)s cannot be read: %(reason)s.") % {"file": path.name, "reason": reason}
    return Invalid(message, code="unreadable-file", fields={"file": message})
