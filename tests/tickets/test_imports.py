"""Reading other systems' files: columns, encodings, forms of time, clocks put forward and back; nothing guessed."""

import contextlib
import tracemalloc
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from layers.tickets import moments, rules
from layers.tickets.columns import instant
from layers.tickets.imports import Clock, Manner, demand_columns, mapping_from, parts, survey
from layers.tickets.tables import open_sheet

NEW_YORK = ZoneInfo("America/New_York")
MAP = ["number=编号", "reported=时间", "closed=办结", "lon=经度", "lat=纬度", "category=类别", "text=内容"]
HEAD = "编号,时间,办结,经度,纬度,类别,内容\n"


def manner(**changes) -> Manner:
    """How the test files are to be read."""
    given = {"columns": mapping_from(MAP), "zone": ZoneInfo("Asia/Shanghai"), "datum": Datum.WGS84, "category": "other"}
    return Manner(**(given | changes))


@dataclass
class Reading:
    """What a small file says."""

    rows: list = field(default_factory=list)
    placeless: list = field(default_factory=list)
    refused: list = field(default_factory=list)


def read_rows(sheet, how: Manner, categories: dict[str, str]) -> Reading:
    """A whole file at once."""
    told = Reading()
    for part in parts(sheet, replace(how, form=survey(sheet, how).form), categories):
        told.rows += [part.columns.row(index) for index in range(len(part.columns))]
        told.placeless += part.placeless
        told.refused += part.refused
    return told


@pytest.fixture
def file(tmp_path):
    """`file(text, encoding)`: a file with these contents."""

    def write(text: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "tickets.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_good_rows_in_every_usual_encoding(file, encoding) -> None:
    text = (
        HEAD
        + 'A1,2025-03-05 14:30,,111.79,36.85,路灯不亮,"南门, 两盏\n都不亮"\n'
        + "A2,2025-03-05 15:00,2025-03-06 09:00,111.79,36.85,,"
    )
    reading = read_rows(open_sheet(file(text, encoding)), manner(), {"路灯不亮": "street_lamp"})
    first, second = reading.rows
    assert (first.line, second.line) == (2, 4), "a cell with a line break counts its lines"
    assert (first.category, second.category, first.text) == ("street_lamp", "other", "南门, 两盏\n都不亮")
    assert first.reported_at == datetime(2025, 3, 5, 6, 30, tzinfo=UTC)
    assert [step.verb for step in second.history] == ["settle"]
    assert reading.refused == reading.placeless == []


def test_bad_rows_are_listed_with_line_and_reason_and_good_ones_kept(file) -> None:
    rows = [
        "A1,2025-03-05 14:30,,111.79,36.85,,", "A2,2025-03-05 14:30,,,36.85,,", ",2025-03-05 14:30,,111.79,36.85,,",
        "A4,2025-03-05 14:30,,east,36.85,,", "A5,soon,,111.79,36.85,,", "A6,2025-03-05 14:30,,111.79,36.85",
        "A7,,,111.79,36.85,,", *[f"B{n},2025-03-05 14:30,,111.79,36.85,,<b>" for n in range(20)],
    ]  # fmt: skip
    reading = read_rows(open_sheet(file(HEAD + "\n".join(rows))), manner(), {})
    assert len(reading.rows) == 21
    assert reading.placeless == [3]
    assert sorted(line for line, _reason in reading.refused) == [4, 5, 6, 7, 8]
    assert all(reason for _line, reason in reading.refused)
    assert reading.rows[1].text == "<b>"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "tickets.csv"),
        (b"one line without commas", "tickets.csv"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "tickets.csv"),
        (b"a,b\n1,2\x00", "tickets.csv"),
        (b'a,b\n1,"never closed', "tickets.csv"),
        (b'a,b\n1,"x"y\n', "tickets.csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(file, data, word) -> None:
    with pytest.raises(Invalid) as problem:
        list(open_sheet(file(data)).records())
    assert problem.value.kind == "unreadable-file"
    assert word in str(problem.value.detail)


@pytest.mark.parametrize("piece", ["x,", '"\n",'], ids=["one line", "quoted line ends"])
def test_a_row_without_an_end_does_not_fill_the_memory(file, piece) -> None:
    path = file("a,b\n" + piece * (6 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(Invalid, match="4194304"):
            list(open_sheet(path).records())
        assert tracemalloc.get_traced_memory()[1] < 120 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["bz2", "zlib", "rot13", "undefined", "no such", "idna"])
def test_an_encoding_that_is_none_is_told(file, name) -> None:
    with pytest.raises(Invalid) as problem:
        open_sheet(file("a,b\n路灯," + "x" * 100 + "\n"), encoding=name)
    assert problem.value.kind == "unreadable-file"


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(Invalid) as problem:
        open_sheet(tmp_path / "none.csv")
    assert problem.value.kind == "unreadable-file"


def test_unknown_columns_are_told_with_those_there_are(file) -> None:
    table = open_sheet(file("id,when,x,y\n1,2,3,4\n"))
    with pytest.raises(Invalid) as problem:
        demand_columns(table, mapping_from(["number=id", "reported=when", "lon=lon", "lat=y"]))
    assert "id, when, x, y" in str(problem.value.detail)
    doubled = open_sheet(file("id,when,x,x\n1,2,3,4\n"))
    with pytest.raises(Invalid):
        demand_columns(doubled, mapping_from(["number=id", "reported=when", "lon=x", "lat=x"]))


@pytest.mark.parametrize(
    "pairs", [["number"], ["colour=red"], ["number=a", "number=b"], ["number=a", "lon=x", "lat=y"], []]
)
def test_a_mapping_that_makes_no_sense(pairs) -> None:
    with pytest.raises(Invalid) as problem:
        mapping_from(pairs)
    assert problem.value.kind == "bad-mapping"


def test_the_files_own_times_decide_the_order_of_day_and_month() -> None:
    assert moments.form_of(["3/14/2025 1:20", "1/2/2025 9:55", ""]) == "%m/%d/%Y %H:%M"
    assert moments.form_of(["14/3/2025 1:20", "1/2/2025 9:55"]) == "%d/%m/%Y %H:%M"
    assert moments.form_of(["2025-03-05T14:30:00+08:00"]) == moments.ISO
    assert moments.form_of(["2025年3月5日 14:30"]) == "%Y年%m月%d日 %H:%M"
    with pytest.raises(moments.UnclearTimesError) as unclear:
        moments.form_of(["3/4/2025 1:20", "1/2/2025 9:55"])
    assert len(unclear.value.forms) == 2
    with pytest.raises(moments.UnclearTimesError) as unknown:
        moments.form_of(["yesterday", "today"])
    assert unknown.value.forms == ()


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d %B %Y", "03 March 2026"), ("%d %b %Y %H:%M", "03 Mar 2026 14:30"), ("%B %d, %Y", "March 3, 2026"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-03-01 08:00:00 +0200"), ("%m/%d/%Y %I:%M %p", "03/01/2026 01:02 PM"),
        ("%Y/%m/%d", "2026/03/ 1"), ("%Y年%m月%d日", "2026年03月 1日"), ("%Y/%m/%d", "2026/03/01 08:00:00"),
    ],
)  # fmt: skip
def test_many_times_are_read_as_one_is_whatever_form_was_stated(form, text) -> None:
    """A month in words lost its month and year, an offset was passed over: hours wrong, and nobody told."""
    reader = moments.Reader(form)
    assert [reader.read(text), reader.read(text)] == [moments.read(text, form)] * 2


def test_wrong_forms_are_given_up_early(monkeypatch) -> None:
    """A million times in 41 forms each would take ten minutes; a form is dropped when a tenth does not fit."""
    asked, read = [], moments.read
    monkeypatch.setattr(moments, "read", lambda text, form: asked.append(form) or read(text, form))
    texts = [f"2025-03-{n % 28 + 1:02d}T14:30:00" for n in range(1000)]
    assert moments.form_of([*texts, "soon"]) == moments.ISO
    assert len(asked) < 2 * len(texts), "no form of days alone is tried on a text that is too long for it"


def test_two_long_numbers_never_become_one(file) -> None:
    rows = [f"{'9' * 85}{n},2025-03-05 14:30,,111.79,36.85,," for n in range(2)]
    good = "9" * 80 + ",2025-03-05 14:30,,111.79,36.85,,"
    reading = read_rows(open_sheet(file(HEAD + "\n".join([*rows, good]))), manner(), {})
    assert [row.external_number for row in reading.rows] == [f"{'9' * 85}0", f"{'9' * 85}1", "9" * 80]
    for row in reading.rows[:2]:
        with pytest.raises(Invalid) as problem:
            rules.check(row, categories={"other": None}, now=datetime(2026, 1, 1, tzinfo=UTC))
        assert problem.value.kind == "bad-number"
    assert rules.check(reading.rows[2], categories={"other": ...}, now=datetime(2026, 1, 1, tzinfo=UTC)) is ...


def test_unclear_times_are_asked_for(file) -> None:
    text = "id,when,x,y\n1,3/4/2025 1:20,111.79,36.85\n"
    columns = mapping_from(["number=id", "reported=when", "lon=x", "lat=y"])
    table = open_sheet(file(text))
    with pytest.raises(Invalid) as problem:
        read_rows(table, manner(columns=columns), {})
    assert "--date-format" in str(problem.value.detail)
    (row,) = read_rows(table, manner(columns=columns, form="%d/%m/%Y %H:%M"), {}).rows
    assert row.reported_at.astimezone(UTC).month == 4


def test_clocks_put_forward_and_back() -> None:
    spring = moments.placed(datetime(2025, 3, 9, 2, 30), NEW_YORK)  # noqa: DTZ001
    assert spring is None, "there was no half past two that night"
    autumn = datetime(2025, 11, 2, 1, 30)  # noqa: DTZ001
    first = moments.placed(autumn, NEW_YORK)
    later = moments.placed(autumn, NEW_YORK, not_before=datetime(2025, 11, 2, 5, 45, tzinfo=UTC))
    assert first is not None
    assert later is not None
    assert (first.at.astimezone(UTC).hour, later.at.astimezone(UTC).hour) == (5, 6)
    assert first.twice
    assert later.twice
    plain = moments.placed(datetime(2025, 7, 1, 12, 0), NEW_YORK)  # noqa: DTZ001
    assert plain is not None
    assert (plain.at.astimezone(UTC).hour, plain.twice) == (16, False)


@settings(max_examples=50)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_every_local_time_that_existed_comes_back_as_it_was(moment: datetime) -> None:
    instant = moments.placed(moment, NEW_YORK)
    if instant is not None:
        assert instant.at.astimezone(UTC).astimezone(NEW_YORK).replace(tzinfo=None) == moment


@settings(max_examples=50)
@given(
    st.sampled_from(moments.FORMS),
    st.lists(
        st.one_of(
            st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
            st.sampled_from(["", "soon", "1/2/2025 9:55", "2025/03/05  14:30", "3/14/2025 1:20 AM", "2025年3月5日"]),
            st.sampled_from(["２０２５/3/5", "2025/3/ 5"]),
        ),
        max_size=8,
    ),
)
def test_reading_many_times_is_reading_each(form, values) -> None:
    written = form if form != moments.ISO else "%Y-%m-%dT%H:%M:%S"
    texts = [value if isinstance(value, str) else value.strftime(written) for value in values]
    reader = moments.Reader(form)
    assert [reader.read(text) for text in texts] == [moments.read(text, form) for text in texts]
    for other in map(moments.Reader, moments.FORMS):  # no form is passed over that fits
        hopeless = [text for text in texts if not other.may_read(moments.signs_of(text))]
        assert [moments.read(text, other.form) for text in hopeless] == [None] * len(hopeless)


@settings(max_examples=50)
@given(st.lists(st.datetimes(datetime(1890, 1, 1), datetime(2030, 1, 1)), max_size=20), st.booleans())  # noqa: DTZ001
def test_instants_of_many_local_times_are_those_of_each(values, shanghai) -> None:
    """All hours of the clock, those put forward and back among them."""
    zone = ZoneInfo("Asia/Shanghai") if shanghai else NEW_YORK
    values = [*values, datetime(2025, 3, 9, 2, 30), datetime(2025, 11, 2, 1, 30), datetime(1986, 5, 4, 2, 15)]  # noqa: DTZ001
    texts = [value.isoformat() for value in values]
    micros, wrong, twice = Clock(moments.ISO, zone).instants(texts)
    for index, value in enumerate(values):
        alone = moments.placed(value, zone)
        if alone is None:
            assert index in wrong
        else:
            assert instant(micros[index]).timestamp() == alone.at.timestamp()
            assert (index in twice) == alone.twice


def workbook(path: Path, rows: list[list], **members: str) -> Path:
    """A small XLSX file, some of its members replaced."""
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(path)
    if members:
        with zipfile.ZipFile(path) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (kept | {key.replace("__", "/"): text for key, text in members.items()}).items():
                archive.writestr(name, content)
    return path


ROWS = [
    ["编号", "时间", "办结", "经度", "纬度", "类别", "内容"],
    [20250001, datetime(2025, 3, 5, 14, 30), None, 111.79, 36.85, "路灯不亮", "南门"],  # noqa: DTZ001
    ["A2", "2025-03-05 15:00:00", datetime(2025, 3, 6, 9, 0), "111.79", 36.85, None, None],  # noqa: DTZ001
    [None, None, None, None, None, None, None],
    ["A3", datetime(2025, 3, 7), None, 111.79, 36.85, "路灯不亮", "=1+1"],  # noqa: DTZ001
]


def test_a_workbook_is_read_like_a_csv_file(tmp_path) -> None:
    sheet = open_sheet(workbook(tmp_path / "工单.bin", ROWS))
    reading = read_rows(sheet, manner(), {"路灯不亮": "street_lamp"})
    assert reading.refused == reading.placeless == []
    assert [(row.line, row.external_number, row.category) for row in reading.rows] == [
        (2, "20250001", "street_lamp"), (3, "A2", "other"), (5, "A3", "street_lamp"),
    ]  # fmt: skip
    assert reading.rows[0].reported_at == datetime(2025, 3, 5, 6, 30, tzinfo=UTC)
    assert [step.verb for step in reading.rows[1].history] == ["settle"]
    assert reading.rows[2].text == "", "a formula is never computed, and nobody had computed this one"


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<worksheet><sheetData><row><c t="str"><v>&b;</v></c><c><v>1</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    "members",
    [
        {"xl__worksheets__sheet1.xml": ENTITIES},
        {"xl__worksheets__sheet1.xml": "<worksheet><sheetData><row>"},
        {"xl__sharedStrings.xml": "A" * 40_000_000},
        {"xl__workbook.xml": "no"},
    ],
    ids=["entities", "truncated", "bomb", "nonsense"],
)
def test_a_workbook_made_to_harm_is_refused_in_words(tmp_path, members) -> None:
    path = workbook(tmp_path / "bad.xlsx", ROWS, **members)
    with pytest.raises(Invalid) as problem:
        list(open_sheet(path).records())
    assert problem.value.kind == "unreadable-file"


def test_archives_and_old_workbooks_are_named(tmp_path) -> None:
    archive, old = tmp_path / "a.xlsx", tmp_path / "old.csv"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("tickets.csv", "a,b")
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    for path in (archive, old):
        with pytest.raises(Invalid) as problem:
            open_sheet(path)
        assert problem.value.kind == "unreadable-file"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=30), st.booleans())
def test_changed_bytes_give_a_table_or_a_reason(tmp_path, changes, cut) -> None:
    changed = bytearray(workbook(tmp_path / "good.xlsx", ROWS).read_bytes())
    for place, value in changes:
        changed[int(place * len(changed))] = value
    path = tmp_path / "changed.xlsx"
    path.write_bytes(bytes(changed[: len(changed) // 2] if cut else changed))
    with contextlib.suppress(Invalid):
        list(open_sheet(path).records())


def test_what_stands_between_the_cells_is_seen(file) -> None:
    for sign in ";\t|":
        cells = ["A1", "2025-03-05", "", "111.79", "36.85", "", "a,b"]
        sheet = open_sheet(file(HEAD.replace(",", sign) + sign.join(cells)))
        assert [row.text for row in read_rows(sheet, manner(), {}).rows] == ["a,b"]
