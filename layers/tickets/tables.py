"""Tables out of strangers' files, a record at a time: CSV in the usual encodings, and XLSX. Nothing is repaired.

What a file is, is told by its first bytes, never by its name. Memory does not grow with the file.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from gis.shared.sheets import LONGEST_RECORD, EndlessError, Lines
from layers.tickets.workbooks import is_old_workbook, is_workbook, records_of

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"
MOST_BYTES = 512 * 1024 * 1024
MOST_RECORDS = 2_000_000
LONGEST_CELL = 131_072
PIECE = 1 << 20
Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is: where it lies, its columns, and how it is to be read."""

    path: Path
    columns: list[str]
    kind: str
    """"csv" or "xlsx"."""
    encoding: str = ""
    delimiter: str = ","

    def records(self) -> Iterator[Record]:
        """(line, cells) of each record that is not empty; raises Invalid where the file turns out unreadable."""
        rows = self.rows()
        next(rows, None)
        for number, (line, cells) in enumerate(rows, start=1):
            if number > MOST_RECORDS:
                raise _unreadable(self.path, _("more than %(most)d rows: send it in parts") % {"most": MOST_RECORDS})
            if any(cells):
                yield line, cells

    def rows(self) -> Iterator[Record]:
        """The line of headings and all after it."""
        return records_of(self.path) if self.kind == "xlsx" else self._lines()

    def _lines(self) -> Iterator[Record]:
        """The records of a CSV file with the line where each begins; a cell with a line break counts its lines."""
        with self.path.open(encoding=self.encoding, newline="") as text:
            lines = Lines(text)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            line = 1
            try:
                for cells in reader:
                    lines.begin()
                    yield line, cells
                    line = reader.line_num + 1
            except EndlessError:
                told = _("this row has no end: more than %(most)d signs") % {"most": LONGEST_RECORD}
                raise _unreadable(self.path, told) from None
            except csv.Error as error:
                place = _("line %(line)d: %(error)s") % {"line": reader.line_num, "error": error}
                raise _unreadable(self.path, place) from None


def open_sheet(path: Path, *, encoding: str = "") -> Sheet:
    """Look at a file and read its line of headings; raises Invalid when it is no table that can be read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise Invalid(
            _("%(file)s cannot be opened: %(error)s") % {"file": path.name, "error": error.strerror},
            code="unreadable-file",
        ) from None
    if size > MOST_BYTES:
        raise _unreadable(path, _("it is larger than %(most)d MB: send it in parts") % {"most": MOST_BYTES >> 20})
    if is_old_workbook(head):
        raise _unreadable(path, _("it is an old workbook (.xls). Save it as .xlsx or CSV"))
    if is_workbook(head):
        sheet = Sheet(path, [], "xlsx")
    else:
        used = _encoding_of(path, encoding)
        sheet = Sheet(path, [], "csv", used, _delimiter_of(path, used))
    rows = sheet.rows()
    columns = [name.strip() for name in next(rows, (0, []))[1]]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) < 2:
        raise _unreadable(path, _("it has no line of headings with at least two columns"))
    return Sheet(path, columns, sheet.kind, sheet.encoding, sheet.delimiter)


def _encoding_of(path: Path, wanted: str) -> str:
    """In which encoding the whole file is text: UTF-8, else GB 18030, unless one is named."""
    for name in (wanted,) if wanted else ENCODINGS:
        try:
            b"a".decode(name)  # refuses what is no encoding of text, such as those that unpack
            decoder = codecs.getincrementaldecoder(name)()
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    if b"\0" in piece:
                        raise _unreadable(path, _("it is no text. Save it as CSV in UTF-8"))
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
        except (UnicodeError, LookupError):
            continue
        return name
    told = _("it is no text in %(encodings)s. Save it as CSV in UTF-8")
    raise _unreadable(path, told % {"encodings": wanted or ", ".join(ENCODINGS)})


def _delimiter_of(path: Path, encoding: str) -> str:
    """What stands between the headings; a comma where nothing does."""
    with path.open(encoding=encoding, newline="") as text:
        head = text.readline(LONGEST_CELL)
    return max(DELIMITERS, key=head.count)


def _unreadable(path: Path, reason: str) -> Invalid:
    """A file of which nothing is stored."""
    message = _("%(file)s cannot be read: %(reason)s.") % {"file": path.name, "reason": reason}
    return Invalid(message, code="unreadable-file", fields={"file": message})
