"""What goes into a spreadsheet runs nothing and does not break it."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from gis.shared.sheets import cell, harmless
from layers.coverage.tables import Sheet, as_xlsx


def test_control_characters_stay_out_and_hide_no_formula():
    given = ["a\x0bb", "\x0b=1+1", "\r=1", "一\x00\x1f\x7f\x85二", "a\nb\tc", "\ufffe\uffff", 3]
    told = ["ab", "'=1+1", "'=1", "一二", "a\nb\tc", "", 3]
    assert [harmless(value) for value in given] == [cell(value) for value in given] == told


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=8))
def test_a_workbook_holds_every_text(texts):
    book = load_workbook(io.BytesIO(as_xlsx([Sheet("a", [{"name": text} for text in texts], frozenset({"name"}))])))
    told = [row[0].value or "" for row in list(book["a"].rows)[1:]]
    assert told == [harmless(text) for text in texts]
