"""Text on its way into a spreadsheet (nothing that runs as a formula, no number that loses its digits), and out of a
stranger's one, whose rows may have no end. Plain."""

import csv
import re
from collections.abc import Iterator
from typing import Any, TextIO

FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
LONGEST_NUMBER = 11
"""Digits a spreadsheet shows as they are; from the sixteenth on it even changes them."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters but for tab and line end, and what is no character: a workbook cannot hold them."""


def harmless(value: Any) -> Any:
    """A text that a spreadsheet holds and cannot take for a formula; numbers stay numbers, None is an empty cell."""
    if not isinstance(value, str):
        return value
    text = _UNSEEN.sub("", value)
    return f"'{text}" if text[:1] in FORMULA else text


def cell(value: Any) -> Any:
    """A cell of a CSV file: harmless, and a code of many digits (or a leading zero) kept as text by a tab behind it."""
    if isinstance(value, str) and value.isdigit() and (len(value) > LONGEST_NUMBER or value[0] == "0" != value):
        return f"{value}\t"
    return harmless(value)


LONGEST_RECORD = 4 << 20
"""Signs of one record; what goes on for longer (a file without line ends, quotes full of them) is no table."""


class EndlessError(csv.Error):
    """A record that would fill the memory."""


class Lines:
    """The lines of a text for csv.reader; whoever reads calls `begin` after each record."""

    def __init__(self, text: TextIO) -> None:
        """From where the text stands."""
        self.text, self.left = text, LONGEST_RECORD

    def begin(self) -> None:
        """The next line begins a record."""
        self.left = LONGEST_RECORD

    def __iter__(self) -> Iterator[str]:
        """One line after the other; raises EndlessError for a record that goes on for too long."""
        while line := self.text.readline(self.left + 1):
            self.left -= len(line)
            if self.left < 0:
                raise EndlessError(f"a record of more than {LONGEST_RECORD} signs")
            yield line
