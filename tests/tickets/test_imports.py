"""Reading other systems' files: columns, encodings, forms of time, clocks put forward and back; nothing guessed."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from layers.tickets import moments
from layers.tickets.imports import Manner, demand_columns, mapping_from, read_rows, read_table

NEW_YORK = ZoneInfo("America/New_York")
MAP = ["number=编号", "reported=时间", "closed=办结", "lon=经度", "lat=纬度", "category=类别", "text=内容"]
HEAD = "编号,时间,办结,经度,纬度,类别,内容\n"


def manner(**changes) -> Manner:
    """How the test files are to be read."""
    given = {"columns": mapping_from(MAP), "zone": ZoneInfo("Asia/Shanghai"), "datum": Datum.WGS84, "category": "other"}
    return Manner(**(given | changes))


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
    reading = read_rows(read_table(file(text, encoding)), manner(), {"路灯不亮": "street_lamp"})
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
    reading = read_rows(read_table(file(HEAD + "\n".join(rows))), manner(), {})
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
        read_table(file(data))
    assert problem.value.kind == "unreadable-file"
    assert word in str(problem.value.detail)


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(Invalid) as problem:
        read_table(tmp_path / "none.csv")
    assert problem.value.kind == "unreadable-file"


def test_unknown_columns_are_told_with_those_there_are(file) -> None:
    table = read_table(file("id,when,x,y\n1,2,3,4\n"))
    with pytest.raises(Invalid) as problem:
        demand_columns(table, mapping_from(["number=id", "reported=when", "lon=lon", "lat=y"]))
    assert "id, when, x, y" in str(problem.value.detail)
    doubled = read_table(file("id,when,x,x\n1,2,3,4\n"))
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


def test_wrong_forms_are_given_up_early(monkeypatch) -> None:
    """A million times in 41 forms each would take ten minutes; a form is dropped when a tenth does not fit."""
    asked, read = [], moments.read
    monkeypatch.setattr(moments, "read", lambda text, form: asked.append(form) or read(text, form))
    texts = [f"2025-03-{n % 28 + 1:02d}T14:30:00" for n in range(1000)]
    assert moments.form_of([*texts, "soon"]) == moments.ISO
    assert len(asked) < 6 * len(texts)


def test_two_long_numbers_never_become_one(file) -> None:
    rows = [f"{'9' * 85}{n},2025-03-05 14:30,,111.79,36.85,," for n in range(2)]
    good = "9" * 80 + ",2025-03-05 14:30,,111.79,36.85,,"
    reading = read_rows(read_table(file(HEAD + "\n".join([*rows, good]))), manner(), {})
    assert ([row.line for row in reading.rows], [line for line, _reason in reading.refused]) == ([4], [2, 3])


def test_unclear_times_are_asked_for(file) -> None:
    text = "id,when,x,y\n1,3/4/2025 1:20,111.79,36.85\n"
    columns = mapping_from(["number=id", "reported=when", "lon=x", "lat=y"])
    table = read_table(file(text))
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
