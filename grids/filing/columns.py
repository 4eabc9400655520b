"""Which column of a file holds which word of an area: said by a person, or recognised by its usual names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from grids.filing.faults import Unreadable
from grids.filing.table import LAYER, Table

WORDS = ("id", "tier", "parent", "code", "name_zh", "name_en", "walled")
USUAL: dict[str, tuple[str, ...]] = {
    "id": ("id", "area", "area_id", "uuid"),
    "tier": ("tier", "level", "层级", "级别", "网格级别", "网格层级", "类型", "wgjb", "jb", "cj"),
    "parent": (
        "parent", "parent_id", "parent_code", "pcode", "上级", "上级编码", "上级代码", "上级网格", "所属", "所属编码",
        "sjbm", "sjdm", "ssbm",
    ),
    "code": ("code", "编码", "代码", "网格编码", "网格代码", "区划代码", "wgbm", "wgdm", "dm", "bm", "xzqdm"),
    "name_zh": ("name_zh", "name", "名称", "网格名称", "中文名称", "中文名", "区划名称", "wgmc", "mc", "xzqmc"),
    "name_en": ("name_en", "english", "英文名称", "英文名", "ywmc"),
    "walled": ("walled", "围合", "是否封闭", "封闭", "有围墙"),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a word comes from: a column, or one text for all rows; neither = the word is not given."""

    column: str = ""
    value: str = ""

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return bool(self.column or self.value)


Map = Mapping[str, Source]


def guess(table: Table) -> dict[str, Source]:
    """The usual columns of a file, each used once; ids only where every row has one."""
    found: dict[str, Source] = {}
    names = {_plain(name): name for name in reversed(list(table.columns))}
    used: set[str] = set()
    for word in WORDS:
        column = next((names[_plain(usual)] for usual in USUAL[word] if _plain(usual) in names), "")
        if word == "tier" and not column and LAYER in table.columns:
            column = LAYER
        if word == "id" and column and not all(_is_uuid(text) for text in table.columns[column]):
            column = ""
        if column and column not in used:
            used.add(column)
            found[word] = Source(column=column)
        else:
            found[word] = Source()
    if not found["tier"].given and len(table.layers) == 1:
        found["tier"] = Source(value=table.layers[0])
    return found


def texts(table: Table, source: Source) -> list[str]:
    """The word of every row; raises Unreadable when the column is not there."""
    if source.column:
        if source.column not in table.columns:
            raise Unreadable("no-such-column", column=source.column[:100])
        return [text.strip() for text in table.columns[source.column]]
    return [source.value.strip()] * len(table)


def from_words(words: Sequence[str]) -> dict[str, Source]:
    """`code=DM`, `tier=:building` (a text for all rows) as a person types them; raises Unreadable."""
    found: dict[str, Source] = {}
    for said in words:
        word, mark, where = said.partition("=")
        if not mark or word not in WORDS:
            raise Unreadable("bad-map", said=said[:100])
        found[word] = Source(value=where[1:]) if where.startswith(":") else Source(column=where)
    return found


def _plain(name: str) -> str:
    """A column's name without case, blanks and dashes."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
