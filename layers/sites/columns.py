"""Which column of a table of sites is what, and what its cells say; written and read in one form. No Django."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

HEADS: dict[str, tuple[str, ...]] = {
    "id": ("id", "编号", "标识", "site_id"),
    "name_zh": ("名称", "name", "name_zh", "服务点名称", "站点名称", "中文名", "site"),
    "name_en": ("英文名称", "name_en", "english name", "英文名"),
    "kind": ("类型", "kind", "服务点类型", "type"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
    "area": ("服务区域编码", "area", "area_code", "区域编码", "网格编码", "编码"),
    "address_zh": ("地址", "address", "address_zh", "详细地址"),
    "address_en": ("英文地址", "address_en"),
    "phone": ("电话", "phone", "telephone", "联系电话"),
    "hours": ("开放时间", "hours", "opening_hours", "服务时间"),
    "operator_kind": ("运营方类型", "operator_kind"),
    "operator_zh": ("运营方", "operator", "operator_zh"),
    "operator_en": ("运营方英文名", "operator_en"),
    "step_free": ("无障碍", "step_free"),
    "services": ("服务事项", "services"),
    "rooms": ("房间", "rooms"),
}
"""Words of a site; the first head of each is the one that is written in Chinese, the second in English."""
NEEDED = ("name_zh",)
CHOICES: dict[str, dict[str, str]] = {
    "operator_kind": {"公办": "public", "企业": "company", "社会组织": "association"},
    "step_free": {"是": "yes", "无台阶": "yes", "否": "no", "有台阶": "no", "true": "yes", "false": "no"},
}
SEPARATORS = "、;；,，\n"
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_ROOM = re.compile(r'("(?:[^"]|"")*"|.+?)\s*(?:[(（]((?:"(?:[^"]|"")*"|[^()（）"])*)[)）])?')
_ODD = re.compile(r'[、;；,，()（）"]')
_PEOPLE = re.compile(r"(\d{1,5})\s*(?:人|people|persons)?")


def guess(heads: Sequence[str]) -> dict[str, str]:
    """The usual heads, each column once."""
    plain = {head.strip().lower(): head for head in reversed(heads)}
    found: dict[str, str] = {}
    for word, usual in HEADS.items():
        head = next((plain[one] for one in usual if one in plain), "")
        if head and head not in found.values():
            found[word] = head
    if "name_zh" not in found and "id" in found:
        found["name_zh"] = found.pop("id")  # what tells the rows apart is what they are called
    return found


def choice(word: str, text: str) -> str:
    """A choice as it is stored, whether the cell has the word or the code."""
    return CHOICES[word].get(text.strip().lower(), text.strip().lower())


def listed(text: str, separators: str = SEPARATORS) -> list[str]:
    """What a cell lists, parted by 、 ; or a comma outside brackets and outside what is put in quotation marks."""
    parts: list[str] = []
    depth = begun = fresh = at = 0
    while at < len(text):
        sign = text[at]
        quoted = _QUOTED.match(text, at) if sign == '"' and not text[fresh:at].strip() else None
        if quoted:
            fresh = at = quoted.end()
            continue
        depth += (sign in "(（") - (sign in ")）")
        at += 1
        if sign in separators and depth <= 0:
            parts.append(text[begun : at - 1])
            begun = at
        if sign in separators or sign in "(（":
            fresh = at
    parts.append(text[begun:])
    return [part.strip() for part in parts if part.strip()]


def rooms_of(text: str) -> list[tuple[str, str, int | None]]:
    """(name, floor, capacity) of each room of a cell "多功能厅(二层,60人)、会议室"."""
    found = []
    for one in listed(text):
        told = _ROOM.fullmatch(one)
        name, more = (told[1], told[2] or "") if told else (one, "")
        floor, capacity = "", None
        for part in listed(more, ",，"):
            people = _PEOPLE.fullmatch(part)
            if people:
                capacity = int(people[1])
            else:
                floor = _unquoted(part)
        found.append((_unquoted(name), floor, capacity))
    return found


def rooms_in_words(rooms: Sequence[tuple[str, str, int | None]]) -> str:
    """The cell that `rooms_of` reads back: a name or floor that would part it stands in quotation marks."""
    texts = []
    for name, floor, capacity in rooms:
        level = _quoted(floor) if _ODD.search(floor) or _PEOPLE.fullmatch(floor) else floor
        more = ",".join(filter(None, (level, f"{capacity}人" if capacity else "")))
        called = _quoted(name) if _ODD.search(name) else name
        texts.append(f"{called}({more})" if more else called)
    return "、".join(texts)


def _quoted(text: str) -> str:
    """A text in quotation marks, those in it doubled."""
    return '"' + text.replace('"', '""') + '"'


def _unquoted(text: str) -> str:
    """The text that was quoted; any other as it is."""
    found = _QUOTED.fullmatch(text)
    return found[1].replace('""', '"') if found else text


def cells_of(row: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """The cells of the chosen columns by word; a tab or quotation mark that kept a number as text is gone."""
    return {word: row.get(head, "").strip().lstrip("'").strip() for word, head in columns.items()}
