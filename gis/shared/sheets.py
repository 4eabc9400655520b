"""Text on its way into a spreadsheet: nothing that runs as a formula, no number that loses its digits. Plain."""

from typing import Any

FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
LONGEST_NUMBER = 11
"""Digits a spreadsheet shows as they are; from the sixteenth on it even changes them."""


def harmless(value: Any) -> Any:
    """A text that a spreadsheet cannot take for a formula; numbers stay numbers, None is an empty cell."""
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA else value


def cell(value: Any) -> Any:
    """A cell of a CSV file: harmless, and a code of many digits (or a leading zero) kept as text by a tab behind it."""
    if isinstance(value, str) and value.isdigit() and (len(value) > LONGEST_NUMBER or value[0] == "0" != value):
        return f"{value}\t"
    return harmless(value)
