"""What is typed into the search box, taken apart."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.atlas.finding import asked


@pytest.mark.parametrize(
    ("words", "other"),
    [
        ("三号楼", "3号楼"), ("3号楼", "三号楼"), ("十二号院 二单元", "12号院 2单元"), ("二十一栋", "21栋"),
        ("10号楼", "十号楼"), ("和平里", "和平里"), ("三环路", "三环路"), ("0号楼", "0号楼"),
        ("123号", "1二十三号"), ("一组", "1组"),
    ],
)  # fmt: skip
def test_numerals_are_written_otherwise_before_what_is_counted(words, other) -> None:
    assert asked.other_numerals(words) == other


def test_words_are_covered_by_known_names_with_the_fewest_pieces() -> None:
    known = {"和平", "社区", "和平社区", "3号楼", "2单元", "家园"}
    ways = asked.cover("和平社区3号楼2单元", known)
    assert ways[0] == ["和平社区", "3号楼", "2单元"]
    assert asked.cover("和平社区3号", known)[0] == ["和平社区", "3号"]
    assert asked.cover("和平社区", {"和平社区"}) == []
    assert asked.cover("没有这里", known) == []


def test_one_line_of_bounded_length() -> None:
    assert asked.clean("  和平\n社区\t\x00 ") == "和平 社区"
    assert len(asked.clean("啊" * 5000)) == asked.LONGEST
    assert len(asked.stretches("啊" * 60)) < 60 * asked.LONGEST_PIECE


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_words_are_compared_alike_here_and_in_the_database(db, text) -> None:
    text = "".join(sign for sign in text if not "\ud800" <= sign <= "\udfff")
    with connection.cursor() as cursor:
        cursor.execute("SELECT atlas_plain(%s)", [text])
        assert cursor.fetchone()[0] == asked.plain(text)
