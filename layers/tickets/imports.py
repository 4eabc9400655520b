"""Tickets out of a CSV file: its columns mapped to fields, good rows made ready, bad ones listed by line and reason."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from layers.tickets import moments
from layers.tickets.records import Happening, TicketRow

FIELDS = ("number", "reported", "closed", "lon", "lat", "category", "text", "accuracy")
NEEDED = ("number", "reported", "lon", "lat")
ENCODINGS = ("utf-8-sig", "gb18030")
JOINT = " · "
LONGEST_NUMBER = 80
"""A longer number is refused: cut off, two could become one, and the second would count as sent twice."""
MOST_BYTES = 512 * 1024 * 1024


@dataclass(slots=True)
class Table:
    """A file as it is: columns, and (line, cells by column) of each record; records of another length are `odd`."""

    columns: list[str]
    records: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)
    encoding: str = ""


@dataclass(slots=True)
class Reading:
    """What a file says: rows ready for import_rows, lines without a position, and bad lines with their reasons."""

    rows: list[TicketRow] = field(default_factory=list)
    placeless: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    form: str = ""
    """The form in which its times are written."""
    twice: int = 0
    """Times that the local clock showed two times (the first was taken)."""
    words: dict[str, int] = field(default_factory=dict)
    """The file's own words for categories, with how often each occurs among the rows."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is to be read: field → columns, time zone and datum, and category where no column says it."""

    columns: Mapping[str, Sequence[str]]
    zone: ZoneInfo
    datum: Datum
    category: str = ""
    form: str = ""


def mapping_from(pairs: Sequence[str]) -> dict[str, list[str]]:
    """`field=column` pairs (text may be given several times) → columns by field; raises Invalid."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, column = pair.partition("=")
        if not sign or name not in FIELDS:
            raise Invalid(
                _("--map takes field=column; the fields are %(fields)s. This is not one: %(pair)s")
                % {"fields": ", ".join(FIELDS), "pair": pair},
                code="bad-mapping",
            )
        if name in found and name != "text":
            raise Invalid(_("--map names %(field)s twice.") % {"field": name}, code="bad-mapping")
        found.setdefault(name, []).append(column)
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise Invalid(
            _("--map must name a column for %(fields)s.") % {"fields": ", ".join(missing)}, code="bad-mapping"
        )
    return found


def read_table(path: Path, *, encoding: str = "") -> Table:
    """Read a whole CSV file with a line of headings; raises Invalid when it cannot be read. Nothing is repaired."""
    text, used = _text_of(path, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        table = Table(columns, encoding=used)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if len(cells) == len(columns):
                table.records.append((line, dict(zip(columns, cells, strict=True))))
            elif any(cells):
                message = _("%(found)d cells, the line of headings has %(wanted)d")
                table.odd.append((line, message % {"found": len(cells), "wanted": len(columns)}))
    except csv.Error as error:
        raise Invalid(
            _("%(file)s cannot be read as CSV: line %(line)d: %(error)s")
            % {"file": path.name, "line": reader.line_num, "error": error},
            code="unreadable-file",
        ) from None
    if len(columns) < 2:
        raise Invalid(_("%(file)s has no line of headings.") % {"file": path.name}, code="unreadable-file")
    return table


def _text_of(path: Path, encoding: str) -> tuple[str, str]:
    """The file's text and in which encoding it was read: UTF-8, else GB 18030, unless one is named."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Invalid(_("%(file)s is larger than 512 MB: send it in parts.") % {"file": path.name})
        data = path.read_bytes()
    except OSError as error:
        raise Invalid(
            _("%(file)s cannot be opened: %(error)s") % {"file": path, "error": error.strerror}, code="unreadable-file"
        ) from None
    for name in (encoding,) if encoding else ENCODINGS:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            break
        return text, name
    raise Invalid(
        _("%(file)s is no text in %(encodings)s. Save it as CSV in UTF-8.")
        % {"file": path.name, "encodings": encoding or ", ".join(ENCODINGS)},
        code="unreadable-file",
    )


def demand_columns(table: Table, columns: Mapping[str, Sequence[str]]) -> None:
    """Raise Invalid when a mapped column is not in the file, or is there twice; names the columns there are."""
    wanted = [column for names in columns.values() for column in names]
    unknown = [column for column in wanted if column not in table.columns]
    double = [column for column in wanted if table.columns.count(column) > 1]
    if unknown or double:
        message = _("The file has no column %(column)s.") if unknown else _("The file has the column %(column)s twice.")
        there = _("Its columns are: %(columns)s") % {"columns": ", ".join(table.columns)}
        raise Invalid(f"{message % {'column': (unknown or double)[0]}} {there}", code="unknown-column")


def read_rows(table: Table, manner: Manner, categories: Mapping[str, str]) -> Reading:
    """Rows of a table; `categories` maps the words a file may use to codes. Raises Invalid when times are unclear."""
    demand_columns(table, manner.columns)
    reading = Reading(refused=list(table.odd))
    reading.form = manner.form or _form(table, manner)
    for line, record in table.records:
        cells = {
            name: JOINT.join(record[column].strip() for column in names if record[column].strip())
            for name, names in manner.columns.items()
        }
        if not cells["lon"] or not cells["lat"]:
            reading.placeless.append(line)
            continue
        try:
            reading.rows.append(_row(line, cells, manner, categories, reading))
        except Invalid as problem:
            reading.refused.append((line, str(problem.detail)))
    return reading


def _form(table: Table, manner: Manner) -> str:
    """The form of all times in the file, taken together."""
    names = [*manner.columns["reported"], *manner.columns.get("closed", [])]
    try:
        return moments.form_of([record[name].strip() for _line, record in table.records for name in names])
    except moments.UnclearTimesError as error:
        if error.forms:
            message = _("%(example)s can be read as %(forms)s: say which with --date-format.")
        else:
            message = _(
                "%(example)s is no time in a form known here: say the form with --date-format, e.g. %%d/%%m/%%Y."
            )
        raise Invalid(
            message % {"example": repr(error.example), "forms": " / ".join(error.forms)}, code="unclear-times"
        ) from None


def _row(
    line: int, cells: Mapping[str, str], manner: Manner, categories: Mapping[str, str], reading: Reading
) -> TicketRow:
    """One record as a row; raises Invalid naming what is wrong with it."""
    if not cells["number"]:
        raise Invalid(_("no number, so that it could not be known again"))
    if len(cells["number"]) > LONGEST_NUMBER:
        raise Invalid(_("the number is longer than %(most)d characters") % {"most": LONGEST_NUMBER})
    lon, lat = _degrees(cells["lon"]), _degrees(cells["lat"])
    reported = _instant(cells["reported"], manner, reading)
    history: tuple[Happening, ...] = ()
    if cells.get("closed"):
        closed = _instant(cells["closed"], manner, reading, not_before=reported)
        history = (Happening("settle", closed, reason=_("closed in the system it came from")),)
    word = cells.get("category") or manner.category
    reading.words[word] = reading.words.get(word, 0) + 1
    return TicketRow(
        line=line,
        lon=lon,
        lat=lat,
        datum=manner.datum,
        category=categories.get(word.casefold(), word),
        text=cells.get("text", ""),
        reported_at=reported,
        external_number=cells["number"],
        accuracy_m=_degrees(cells["accuracy"]) if cells.get("accuracy") else None,
        history=history,
    )


def _degrees(text: str) -> float:
    """A number with a decimal point."""
    try:
        return float(text)
    except ValueError:
        raise Invalid(_("%(text)s is no number") % {"text": repr(text)}) from None


def _instant(text: str, manner: Manner, reading: Reading, *, not_before: datetime | None = None) -> datetime:
    """A cell's time as an instant."""
    moment = moments.read(text, reading.form) if text else None
    if moment is None:
        raise Invalid(_("%(text)s is no time in the form %(form)s") % {"text": repr(text), "form": reading.form})
    instant = moments.placed(moment, manner.zone, not_before=not_before)
    if instant is None:
        raise Invalid(_("%(text)s did not exist: the clocks were put forward that night") % {"text": repr(text)})
    reading.twice += instant.twice
    return instant.at
