"""The roster as a spreadsheet: one form that is written and read, headed in Chinese or English."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gis.shared.errors import Invalid, Missing
from gis.shared.sheets import cell, harmless
from grids.models import Role
from grids.roster_lists import posts, vacancies

HEADS: dict[str, tuple[str, str]] = {
    "code": ("网格编码", "code"),
    "area": ("网格名称", "area"),
    "role": ("职务", "role"),
    "post_zh": ("岗位名称", "post"),
    "post_en": ("岗位英文名", "post in English"),
    "name_zh": ("姓名", "name"),
    "name_en": ("英文姓名", "name in English"),
    "staff": ("工号", "staff number"),
    "body": ("单位", "organisation"),
    "categories": ("事项类别", "categories"),
    "since": ("任职日期", "since"),
    "id": ("任职编号", "appointment"),
}
NEEDED = ("code", "role")
ROLE_WORDS: dict[str, Role] = {
    "网格长": Role.CHIEF, "网格员": Role.WORKER, "受理台": Role.FRONT_DESK, "部门": Role.DEPARTMENT,
    "规划员": Role.PLANNER, "场所管理员": Role.SITE_MANAGER, "服务点管理员": Role.SITE_MANAGER, "分析员": Role.ANALYST,
    "领导": Role.LEADER, "审计员": Role.AUDITOR, "管理员": Role.ADMINISTRATOR,
}  # fmt: skip
"""What a file may say; of two words for one role the later is the one we write, the other is understood."""
WORD_OF_ROLE = {role: word for word, role in ROLE_WORDS.items()}
MOST_ROWS = 200_000
MOST_UNPACKED = 400 * 1024 * 1024
MOST_XLSX = 50_000
LONGEST_CELL = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(slots=True)
class Row:
    """One line of a file, as text; `line` counts as the spreadsheet does."""

    line: int
    code: str = ""
    role: str = ""
    post_zh: str = ""
    post_en: str = ""
    name_zh: str = ""
    name_en: str = ""
    staff: str = ""
    body: str = ""
    categories: list[str] = field(default_factory=list)
    since: str = ""
    id: str = ""
    area: str = ""

    @property
    def vacant(self) -> bool:
        """Whether nobody is named: such a row says that a post is vacant, and changes nothing."""
        return not self.name_zh and not self.body


def written(tops: list[UUID], moment: datetime, *, kind: str) -> tuple[bytes, str]:
    """The posts and vacancies under some areas as a file of a kind ("xlsx", "csv"), and its content type."""
    if kind not in ("xlsx", "csv"):
        raise Missing(_("The roster is given out as xlsx or csv."), code="no-such-format")
    rows = _lines(tops, moment)
    heads = [zh for zh, _en in HEADS.values()]
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(heads)
        writer.writerows([cell(value) for value in row] for row in rows)
        return ("\ufeff" + text.getvalue()).encode(), "text/csv; charset=utf-8"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    sheet.append(heads)
    for number, row in enumerate(rows):
        if number >= MOST_XLSX:
            words = _("More than %(most)d rows: choose a smaller area, or CSV.") % {"most": MOST_XLSX}
            raise Invalid(words, code="too-many-rows")
        sheet.append([harmless(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), XLSX


def _lines(tops: list[UUID], moment: datetime) -> Iterator[list[Any]]:
    """The cells of every post and then of every vacancy, in the order of HEADS."""
    for row in posts(tops, moment).iterator(chunk_size=2000):
        person, body = row.person, row.organisation
        yield [
            row.area_code, row.area_zh, WORD_OF_ROLE[row.role], row.post_zh, row.post_en,
            person.name_zh if person else "", person.name_en if person else "", "", body.name_zh if body else "",
            " ".join(row.categories), timezone.localdate(row.valid_from).isoformat(), str(row.pk),
        ]  # fmt: skip
    for gap in vacancies(tops, moment).iterator(chunk_size=2000):
        yield [gap.code, gap.name_zh, WORD_OF_ROLE[Role.CHIEF], *[""] * 9]


def read(path: Path) -> Iterator[Row]:
    """The rows of the first sheet of an XLSX file; raises Invalid that says what is wrong with the file as a whole."""
    _demand_bearable(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise _unreadable() from error
    try:
        sheet = book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        place = _columns(next(lines, ()))
        for line, cells in enumerate(lines, start=2):
            if line > MOST_ROWS + 1:
                words = _("More than %(most)d rows: send the file in parts.") % {"most": MOST_ROWS}
                raise Invalid(words, code="too-many-rows")
            told = {name: _text(cells[at]) if at < len(cells) else "" for name, at in place.items()}
            if any(told.values()):
                codes = told.pop("categories", "").replace(",", " ").replace("，", " ").replace("、", " ").split()
                yield Row(line=line, categories=codes, **told)
    except (zipfile.BadZipFile, KeyError, EOFError, SyntaxError, OSError) as error:
        raise _unreadable() from error
    finally:
        book.close()


def _demand_bearable(path: Path) -> None:
    """Look into the archive before anything is unpacked: a few kilobytes may hold gigabytes."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _unreadable() from error
    if size > MOST_UNPACKED:
        raise Invalid(_("Unpacked, this file is far too large for a roster."), code="too-large")


def _unreadable() -> Invalid:
    return Invalid(
        _("This is no readable XLSX file. Open it in a spreadsheet and save it as .xlsx again."), code="unreadable"
    )


def _columns(heads: tuple[Any, ...]) -> dict[str, int]:
    """Where each column stands, by its head in Chinese or English; raises Invalid naming the heads that are missing."""
    known = {word.lower(): name for name, words in HEADS.items() for word in words}
    place: dict[str, int] = {}
    for at, head in enumerate(heads):
        name = known.get(_text(head).lower())
        if name and name not in place:
            place[name] = at
    missing = [HEADS[name][0] for name in NEEDED if name not in place]
    if not {"name_zh", "body"} & set(place):
        missing.append(f"{HEADS['name_zh'][0]} / {HEADS['body'][0]}")
    if missing:
        words = _("The first row lacks these heads: %(heads)s.") % {"heads": "、".join(missing)}
        raise Invalid(words, code="missing-heads")
    return place


def _text(value: Any) -> str:
    """A cell as text: whole numbers without a point, days as days; the sign that disarms a formula is taken off."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())[: LONGEST_CELL + 1]
    return text[1:] if text[:1] == "'" and harmless(text[1:]) == text else text
