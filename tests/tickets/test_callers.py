"""What a caller leaves, before it is stored: one form, told mistakes, and masks that hide enough."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.tickets.callers import (
    Caller,
    CallerError,
    checked,
    masked,
    masked_phone,
    one_phone,
    personal_in,
    without_numbers,
)

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("13800138000", "13800138000"),
        ("(0354) 552-1234", "03545521234"),
        ("12345", "12345"),
        ("+1 202 555 0100", "+12025550100"),
        ("001 202 555 0100", "+12025550100"),
        ("", ""),
        (" - ", ""),
    ],
)
def test_a_number_has_one_form(typed, kept):
    assert one_phone(typed) == kept


@pytest.mark.parametrize(
    ("caller", "field", "code"),
    [
        (Caller(phone="1380013800O"), "phone", "signs"),
        (Caller(phone="<b>13800138000"), "phone", "signs"),
        (Caller(phone="123"), "phone", "length"),
        (Caller(phone="1" * 16), "phone", "length"),
        (Caller(phone="1++3"), "phone", "signs"),
        (Caller(name="x" * 81), "name", "long"),
        (Caller(name="张\x00三"), "name", "signs"),
        (Caller(name="张\u202e三"), "name", "signs"),
        (Caller(name="13800138000"), "name", "digits"),
        (Caller(address="x" * 201), "address", "long"),
    ],
)
def test_a_mistake_names_its_field(caller, field, code):
    with pytest.raises(CallerError) as error:
        checked(caller)
    assert (error.value.field, error.value.code) == (field, code)


def test_neither_a_caller_nor_a_mistake_shows_what_was_typed():
    caller = Caller("张三", "13800138000", "幸福小区3号楼")
    assert {str(caller), repr(caller), f"{[caller]}"[1:-1]} == {"Caller(name, phone, address)"}
    with pytest.raises(CallerError) as error:
        checked(Caller(phone="1380013800O"))
    assert "1380" not in str(error.value)


def test_masks_are_those_that_people_know():
    assert masked(Caller("张三", "13800138000", "幸福小区3号楼")) == Caller("张**", "138****8000", "****")
    assert masked(Caller("张三")) == Caller("张**")
    assert not masked(Caller())


@settings(max_examples=100)
@given(digits=st.text("0123456789", min_size=5, max_size=15), abroad=st.booleans())
def test_of_every_number_four_digits_at_least_stay_hidden(digits, abroad):
    shown = masked_phone("+" * abroad + digits)
    assert sum(sign.isdigit() for sign in shown) <= len(digits) - 4
    assert digits not in shown


@settings(max_examples=50)
@given(mobile=MOBILES, sign=st.sampled_from(["", " ", "-", ".", "·", "—", " / ", "\u200b"]))
def test_a_mobile_number_in_a_text_is_found_and_hidden(mobile, sign):
    told = sign.join((mobile[:3], mobile[3:7], mobile[7:]))
    text = f"已回复，电话{told}，谢谢"
    assert personal_in(text) == "number"
    assert told not in without_numbers(text)
    assert personal_in(without_numbers(text)) == ""


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("已修好路灯 2 盏，2026-03-05 14:30 验收", ""),
        ("20260305 已修复，编号 141024-2026-000001", ""),
        ("身份证 14102419800101123X", "number"),
        ("请打 0354-5521234", "number"),
        ("请打 5521234", "number"),
        ("１３８００１３８０００", "number"),
        ("请打 138.0013.8000", "number"),
        ("请打 138—0013—8000", "number"),
        ("请打 138 - 0013 - 8000", "number"),
        ("请打 138\u200b0013\u200b8000", "number"),
        ("请打 (0354) 552.1234", "number"),
        ("2026.03.05 14:30 — 2026.03.06 18:00 停水，1.5 米深", ""),
        ("已告知张·三", "name"),
        ("已告知张 三本人", "name"),
        ("已到幸福小区3号楼2单元501处理", "address"),
        ("", ""),
    ],
)
def test_what_of_a_person_a_text_shows(text, shows):
    caller = Caller("张三", "13800138000", "幸福小区3号楼2单元501")
    assert personal_in(text, caller, besides="141024-2026-000001") == shows


@pytest.mark.parametrize("told", ["55.21.23", "5521/23", "552 123"])
def test_the_callers_own_number_is_known_whatever_stands_between(told):
    assert personal_in(f"请打 {told}", Caller(phone="552123")) == "number"
