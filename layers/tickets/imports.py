"""Tickets out of another system's table: its columns mapped to fields, part by part, bad rows told by line."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from zoneinfo import ZoneInfo

import numpy as np
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from gis.shared.tables import few_collections
from layers.tickets import moments
from layers.tickets.columns import DATUMS, Bools, Columns, Ints, Words, micros_of, offsets
from layers.tickets.tables import Record, Sheet

FIELDS = ("number", "reported", "closed", "lon", "lat", "category", "text", "accuracy")
NEEDED = ("number", "reported", "lon", "lat")
JOINT = " · "
AT_ONCE = 20_000
MOST_WORDS = 5_000
"""So many different words for categories are remembered; a column with more of them is no column of categories."""
HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is to be read: field → columns, time zone and datum, and category where no column says it."""

    columns: Mapping[str, Sequence[str]]
    zone: ZoneInfo
    datum: Datum
    category: str = ""
    form: str = ""


@dataclass(slots=True)
class Part:
    """Some records of a file: those made ready, and what is wrong with the others."""

    records: list[Record]
    columns: Columns
    refused: list[tuple[int, str]] = field(default_factory=list)
    placeless: list[int] = field(default_factory=list)
    twice: int = 0
    """Times that the local clock showed two times (the first was taken)."""


@dataclass(slots=True)
class Survey:
    """What a first reading of the whole file tells."""

    rows: int = 0
    form: str = moments.ISO
    words: Counter[str] = field(default_factory=Counter)
    """The file's own words for categories, with how often each occurs."""
    sample: list[Record] = field(default_factory=list)
    """Records from all over the file, by which doubts are judged."""


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
    demand_fields(found)
    return found


def demand_fields(columns: Mapping[str, Sequence[str]]) -> None:
    """Raise Invalid when a field that every ticket needs has no column."""
    missing = [name for name in NEEDED if not columns.get(name)]
    if missing:
        raise Invalid(
            _("--map must name a column for %(fields)s.") % {"fields": ", ".join(missing)},
            code="bad-mapping",
            fields={name: _("Choose a column.") for name in missing},
        )


def demand_columns(sheet: Sheet, columns: Mapping[str, Sequence[str]]) -> None:
    """Raise Invalid when a mapped column is not in the file, or is there twice; names the columns there are."""
    wanted = [column for names in columns.values() for column in names]
    unknown = [column for column in wanted if column not in sheet.columns]
    double = [column for column in wanted if sheet.columns.count(column) > 1]
    if unknown or double:
        message = _("The file has no column %(column)s.") if unknown else _("The file has the column %(column)s twice.")
        there = _("Its columns are: %(columns)s") % {"columns": ", ".join(sheet.columns)}
        raise Invalid(f"{message % {'column': (unknown or double)[0]}} {there}", code="unknown-column")


SAMPLE = 2000


@few_collections()
def survey(sheet: Sheet, manner: Manner, *, progress: Callable[[int], None] | None = None) -> Survey:
    """Read the whole file once: is it readable to its end, how many rows, which form of time, which categories.

    Raises Invalid, also when the form of its times is not clear.
    """
    demand_columns(sheet, manner.columns)
    told = Survey()
    at = {name: [sheet.columns.index(column) for column in names] for name, names in manner.columns.items()}
    clock = moments.Survey(2 * _most_rows(sheet))
    stream = sheet.records()
    step = 1
    while records := list(islice(stream, AT_ONCE)):
        told.rows += len(records)
        if progress is not None:
            progress(told.rows)
        told.sample += records[::step]
        if len(told.sample) > 2 * SAMPLE:
            told.sample, step = told.sample[::2], step * 2
        for name in ("reported", "closed"):
            if not manner.form and name in at:
                clock.add([cells[at[name][0]].strip() for _line, cells in records if len(cells) > at[name][0]])
        if "category" in at and len(told.words) <= MOST_WORDS:
            place = at["category"][0]
            told.words.update(cells[place].strip() for _line, cells in records if len(cells) > place)
    told.form = manner.form or _form(clock)
    return told


def _most_rows(sheet: Sheet) -> int:
    """The file has no more rows than this: the closer, the sooner wrong forms of time are given up."""
    if sheet.kind != "csv":
        return 1_048_576
    with sheet.path.open("rb") as file:
        return 1 + sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _form(clock: moments.Survey) -> str:
    """The form of all times in the file, taken together."""
    try:
        return clock.form()
    except moments.UnclearTimesError as error:
        if error.forms:
            message = _("%(example)s can be read as %(forms)s: say which with --date-format.")
        else:
            message = _(
                "%(example)s is no time in a form known here: say the form with --date-format, e.g. %%d/%%m/%%Y."
            )
        values = {"example": repr(error.example), "forms": " / ".join(error.forms)}
        raise Invalid(message % values, code="unclear-times", forms=list(error.forms)) from None


def parts(sheet: Sheet, manner: Manner, categories: Mapping[str, str]) -> Iterator[Part]:
    """The records of a file as columns, so many at a time; `categories` maps the words a file may use to codes.

    `manner.form` must be known by now (`survey` finds it).
    """
    maker = _Maker(sheet, manner, categories)
    stream = sheet.records()
    while records := list(islice(stream, AT_ONCE)):
        yield maker.part(records)


class _Maker:
    """What is the same for every part of a file."""

    def __init__(self, sheet: Sheet, manner: Manner, categories: Mapping[str, str]) -> None:
        """Find the columns."""
        self.width = len(sheet.columns)
        self.padded = sheet.kind == "xlsx"
        self.manner, self.categories = manner, categories
        self.at = {name: [sheet.columns.index(column) for column in names] for name, names in manner.columns.items()}
        self.clock = Clock(manner.form, manner.zone)

    def part(self, records: list[Record]) -> Part:
        """Some records made ready."""
        sound, refused = self._whole(records)
        placeless: list[int] = []
        lines = np.array([line for line, _cells in sound], dtype=np.int64)
        cells = {name: self._cells(name, sound) for name in self.at}
        count = len(sound)
        lon, no_lon = _numbers(cells["lon"])
        lat, no_lat = _numbers(cells["lat"])
        reported, wrong, twice = self.clock.instants(cells["reported"])
        closed_cells = cells.get("closed") or [""] * count
        closed, wrong_end, twice_end = self.clock.instants(closed_cells, not_before=reported)
        accuracy_cells = cells.get("accuracy") or [""] * count
        accuracy, no_accuracy = _numbers(accuracy_cells)
        number = cells["number"]
        good: Bools = np.ones(count, dtype=np.bool_)
        for index in range(count):
            if not cells["lon"][index] or not cells["lat"][index]:
                placeless.append(int(lines[index]))
                good[index] = False
                continue
            reason = (
                (not number[index] and _("no number, so that it could not be known again"))
                or (index in no_lon and _("%(text)s is no number") % {"text": repr(cells["lon"][index])})
                or (index in no_lat and _("%(text)s is no number") % {"text": repr(cells["lat"][index])})
                or (index in wrong and wrong[index])
                or (closed_cells[index] and index in wrong_end and wrong_end[index])
                or (
                    accuracy_cells[index]
                    and index in no_accuracy
                    and _("%(text)s is no number") % {"text": repr(accuracy_cells[index])}
                )
            )
            if reason:
                refused.append((int(lines[index]), str(reason)))
                good[index] = False
        shown_twice = sum(int(good[index]) for index in (*twice, *twice_end))
        ended = np.array([bool(text) for text in closed_cells], dtype=np.bool_)
        words = Words.counted(word or self.manner.category for word in cells.get("category") or [""] * count)
        columns = Columns(
            line=lines, lon=lon, lat=lat, datum=np.full(count, DATUMS.index(self.manner.datum), dtype=np.int8),
            category=Words(words.of, [self.categories.get(word.casefold(), word) for word in words.words]),
            reported=reported, text=Words.plain(cells.get("text") or [""] * count), number=Words.plain(number),
            accuracy=accuracy, measured=np.array([bool(text) for text in accuracy_cells], dtype=np.bool_),
            by=Words.same("", count), starts=offsets(ended.astype(np.int64)),
            verb=Words.same("settle", int(ended.sum())), at=closed[ended], actor=Words.same("", int(ended.sum())),
            reason=Words.same(_("closed in the system it came from"), int(ended.sum())),
        )  # fmt: skip
        return Part(records, columns.only(good), refused, placeless, shown_twice)

    def _whole(self, records: list[Record]) -> tuple[list[Record], list[tuple[int, str]]]:
        """The records with as many cells as there are headings, and what is wrong with the others."""
        sound: list[Record] = []
        refused: list[tuple[int, str]] = []
        message = _("%(found)d cells, the line of headings has %(wanted)d")
        for line, cells in records:
            if self.padded and len(cells) < self.width:
                cells = [*cells, *[""] * (self.width - len(cells))]
            if len(cells) == self.width:
                sound.append((line, cells))
            else:
                refused.append((line, message % {"found": len(cells), "wanted": self.width}))
        return sound, refused

    def _cells(self, name: str, records: list[Record]) -> list[str]:
        """The cells of a field; several columns of text are joined."""
        places = self.at[name]
        if len(places) == 1:
            place = places[0]
            return [cells[place].strip() for _line, cells in records]
        return [JOINT.join(text for place in places if (text := cells[place].strip())) for _line, cells in records]


def _numbers(texts: Sequence[str]) -> tuple[np.ndarray, set[int]]:
    """Numbers with a decimal point (nan where there is none), and where a text is none."""
    try:
        if not any("_" in text for text in texts):
            return np.array([float(text or "nan") for text in texts], dtype=np.float64), set()
    except ValueError:
        pass
    found, wrong = np.full(len(texts), np.nan), set()
    for index, text in enumerate(texts):
        try:
            found[index] = float(text if "_" not in text else "_") if text else np.nan
        except ValueError:
            wrong.add(index)
    return found, wrong


class Clock:
    """Local times of one form and zone → instants, many at once; an hour of the clock is looked up once."""

    def __init__(self, form: str, zone: ZoneInfo) -> None:
        """Nothing is known yet."""
        self.form, self.zone = form, zone
        self._reader = moments.Reader(form)
        self._hours: dict[int, int | None] = {}

    def instants(
        self, texts: Sequence[str], *, not_before: Ints | None = None
    ) -> tuple[Ints, dict[int, str], list[int]]:
        """(microseconds since 1970, what is wrong by index, indexes of times shown twice); of no time: 0 and wrong."""
        read = self._reader.read
        found = [read(text) if text else None for text in texts]
        micros: Ints = np.zeros(len(texts), dtype=np.int64)
        wrong: dict[int, str] = {}
        twice: list[int] = []
        local: Ints = np.array(
            [value if value is not None and value.tzinfo is None else None for value in found], dtype="datetime64[us]"
        ).astype(np.int64)
        for hour in np.unique(local // HOUR).tolist():
            if hour not in self._hours:
                self._hours[hour] = self._offset(hour)
        shift = np.array([_or_none(self._hours[hour]) for hour in (local // HOUR).tolist()], dtype=np.int64)
        plain = shift != ODD
        micros[plain] = local[plain] - shift[plain]
        for index in np.flatnonzero(~plain).tolist():
            value = found[index]
            if value is None:
                words = _("%(text)s is no time in the form %(form)s")
                wrong[index] = words % {"text": repr(texts[index]), "form": self.form}
                continue
            start = None if not_before is None else moments.instant_of(int(not_before[index]))
            instant = moments.placed(value, self.zone, not_before=start)
            if instant is None:
                words = _("%(text)s did not exist: the clocks were put forward that night")
                wrong[index] = words % {"text": repr(texts[index])}
                continue
            micros[index] = micros_of(instant.at)
            if instant.twice:
                twice.append(index)
        return micros, wrong, twice

    def _offset(self, hour: int) -> int | None:
        """By how many microseconds the clock was ahead of UTC in a whole hour of its own; None: look at each time."""
        if not FIRST_HOUR < hour < LAST_HOUR:
            return None
        begin = moments.naive_of(hour * HOUR)
        ahead = {
            moment.replace(tzinfo=self.zone, fold=fold).utcoffset()
            for moment in (begin, begin.replace(minute=59, second=59, microsecond=999_999))
            for fold in (0, 1)
        }
        offset = ahead.pop()
        return None if ahead or offset is None else round(offset.total_seconds() * 1_000_000)


FIRST_HOUR, LAST_HOUR = -600_000, 2_000_000
"""From 1901 to 2198; other times are looked at one by one."""
ODD = np.iinfo(np.int64).max


def _or_none(offset: int | None) -> int:
    """An offset, or the mark of an hour that has none."""
    return ODD if offset is None else offset
