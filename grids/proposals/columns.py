"""The words of each row: tier, code, names, walls and identity, as the file gives them, with what is wrong in each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from shapely import MultiPolygon

from grids.fields import tidy_name, wrong_fields
from grids.filing.columns import Source, texts
from grids.filing.table import Table
from grids.models import Tier
from grids.proposals.said import RowProblem
from grids.records import AreaRecord

YES = {"yes", "y", "true", "t", "1", "是", "有", "封闭", "围合", "walled"}
NO = {"no", "n", "false", "f", "0", "否", "无", "不封闭", "开放", "not walled"}
UNKNOWN = {"", "unknown", "未知", "不详"}
NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
EMPTY = MultiPolygon()


class TierWords:
    """The tiers by every word a file may use: code, either name, the grid level as a number or in characters."""

    def __init__(self) -> None:
        self.rows = {tier.code: tier for tier in Tier.objects.order_by("rank")}
        self.by_word: dict[str, str] = {}
        for tier in reversed(self.rows.values()):
            words = [tier.code, tier.name_zh, tier.name_en]
            if tier.grid_level:
                characters = [text for text, level in NUMERALS.items() if level == tier.grid_level]
                words += [str(tier.grid_level), *(f"{text}级网格" for text in (*characters, str(tier.grid_level)))]
                words += [f"{text}级" for text in characters]
            self.by_word.update({word.strip().lower(): tier.code for word in words if word})

    def find(self, text: str) -> str:
        """A tier's code; "" when nobody calls a tier so."""
        return self.by_word.get(text.strip().lower(), "")

    def rank(self, code: str) -> int:
        """Lower is above."""
        return self.rows[code].rank

    def title(self, code: str) -> str:
        """Its name in the active language."""
        return self.rows[code].name


def walled_of(text: str) -> str:
    """yes, no or unknown from the words of a file; anything else stays, to be told."""
    word = text.strip().lower()
    return "yes" if word in YES else "no" if word in NO else "unknown" if word in UNKNOWN else word[:40]


def records_of(
    table: Table, chosen: Mapping[str, Source], tiers: TierWords, *, namespace: UUID
) -> tuple[list[AreaRecord], list[str], list[RowProblem]]:
    """(a record a row without shape and parent, the text that names each parent, what is wrong with the words).

    A row without an id of its own gets one made of the file and its number, so that reading again gives the same.
    """
    given = {word: texts(table, chosen.get(word, Source())) for word in ("id", "tier", "parent", "code")}
    names = {word: texts(table, chosen.get(word, Source())) for word in ("name_zh", "name_en", "walled")}
    numbered = chosen.get("code", Source()).given
    problems: list[RowProblem] = []
    records: list[AreaRecord] = []
    for at, number in enumerate(table.numbers.tolist()):
        wrong: dict[str, str] = {}
        tier = tiers.find(given["tier"][at])
        if not tier:
            wrong["tier"] = _no_tier(given["tier"][at])
        identity = uuid5(namespace, str(number))
        if given["id"][at]:
            try:
                identity = UUID(given["id"][at])
            except ValueError:
                wrong["id"] = _("“%(text)s” is no identifier (a UUID).") % {"text": short(given["id"][at])}
        record = AreaRecord(
            id=identity, tier=tier, parent=None, code=given["code"][at], name_zh=tidy_name(names["name_zh"][at]),
            name_en=tidy_name(names["name_en"][at]), walled=walled_of(names["walled"][at]), geometry=EMPTY,
        )  # fmt: skip
        code = record.code if numbered else "1"  # codes that the file does not give are made later
        wrong.update(wrong_fields(code=code, name_zh=record.name_zh, name_en=record.name_en, walled=record.walled))
        for name in ("name_zh", "name_en"):
            if "\ufffd" in getattr(record, name):
                wrong[name] = _("This is not readable text: choose another encoding.")
        problems += [RowProblem(number, f"bad-{field}", message, field) for field, message in wrong.items()]
        records.append(record)
    problems += _twice(table.numbers.tolist(), records, numbered=numbered)
    return records, given["parent"], problems


def _no_tier(text: str) -> str:
    if not text:
        return _("Which tier is this? Choose a column, or one tier for all rows.")
    return _("There is no tier “%(tier)s”.") % {"tier": short(text)}


def _twice(numbers: Sequence[int], records: Sequence[AreaRecord], *, numbered: bool) -> list[RowProblem]:
    """Codes and ids that stand in two rows; each later row is told with the first."""
    problems: list[RowProblem] = []
    codes: dict[tuple[str, str], int] = {}
    ids: dict[UUID, int] = {}
    for number, record in zip(numbers, records, strict=True):
        first = codes.setdefault((record.tier, record.code), number)
        if numbered and record.tier and record.code and first != number:
            words = _("The code “%(code)s” stands in row %(row)d already.") % {"code": record.code, "row": first}
            problems.append(RowProblem(number, "code-twice", words, "code", other_row=first))
        first = ids.setdefault(record.id, number)
        if first != number:
            words = _("The identifier stands in row %(row)d already.") % {"row": first}
            problems.append(RowProblem(number, "id-twice", words, "id", other_row=first))
    return problems


def markup(records: Sequence[AreaRecord], numbers: Sequence[int]) -> list[int]:
    """Rows whose names look like HTML: stored and shown as plain text, but hardly meant."""
    return [
        number
        for number, record in zip(numbers, records, strict=True)
        if "<" in record.name_zh + record.name_en and ">" in record.name_zh + record.name_en
    ]


def counted(records: Sequence[AreaRecord]) -> Counter[str]:
    """How many rows of each tier."""
    return Counter(record.tier for record in records if record.tier)


def short(text: str) -> str:
    """A stranger's text, fit for a sentence."""
    return text if len(text) <= 40 else f"{text[:40]}…"
