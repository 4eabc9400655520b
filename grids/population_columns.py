"""Which column of a file of residents is what, and what its cells say; plain Python."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grids.population_files import Sheet

WORDS = ("code", "lon", "lat", "residents", "households", "number")
"""What a column may be, besides an age band by its code."""
PLAIN = ("residents", "households", "number")
"""Those of them that no age band may be called, and that say no place."""
USUAL: dict[str, tuple[str, ...]] = {
    "code": ("code", "area_code", "编码", "代码", "网格编码", "网格代码", "区划代码", "社区编码", "社区代码", "wgbm"),
    "lon": ("lon", "lng", "long", "longitude", "x", "经度", "lon_wgs84"),
    "lat": ("lat", "latitude", "y", "纬度", "lat_wgs84"),
    "residents": (
        "residents", "population", "pop", "people", "inhabitants", "total", "人口", "人口数", "常住人口", "总人口",
        "居民", "居民数", "合计", "人数",
    ),
    "households": (
        "households", "household", "hh", "户数", "户", "住户", "住户数", "家庭户", "家庭户数", "总户数", "常住户数",
        "居民户数",
    ),
    "number": ("id", "number", "no", "fid", "编号", "序号", "格号"),
}  # fmt: skip
SPAN = re.compile(r"岁|age|band|^\s*\d{1,3}\s*[-–~_至到]\s*\d{1,3}\s*$|^[a-z_]*\d{1,3}_\d{1,3}$", re.IGNORECASE)
"""What tells a span of ages from any two numbers."""
MOST = 50_000_000
"""A figure above this is a mistake."""
ALL = "all"
"""The band of those whom nobody counted by age."""


@dataclass(frozen=True, slots=True)
class Band:
    """An age band as the catalogue has it; `until` is exclusive, None = open."""

    code: str
    names: tuple[str, ...]
    age_from: int
    until: int | None


@dataclass(slots=True)
class Counted:
    """Rows whose cells could be read: n rows, k columns of figures; `bands` names them, `lines` are the file's."""

    lines: NDArray[np.int64]
    codes: list[str]
    numbers: list[str]
    xy: NDArray[np.float64]
    """(n, 2) as given; NaN where the file goes by code."""
    bands: list[str]
    figures: NDArray[np.int64]
    """(n, k); UNKNOWN where a cell is empty."""
    households: NDArray[np.int64]
    """(n); UNKNOWN where a cell is empty, and everywhere without such a column."""
    faults: list[tuple[int, str, str]]
    """(line, what is wrong, the text)."""
    broken: bool
    """Whether figures had decimals and were made whole, so that their sum stays."""
    given: float
    """The sum of all figures of residents that could be read, as the file has them."""


UNKNOWN = -1


def guess(heads: Sequence[str], bands: Sequence[Band]) -> dict[str, str]:
    """The usual columns and those that name an age band; each column once."""
    found: dict[str, str] = {}
    plain = {_plain(head): head for head in reversed(heads)}
    used: set[str] = set()
    for word in WORDS:
        head = next((plain[usual] for usual in map(_plain, USUAL[word]) if usual in plain), "")
        if head and head not in used:
            found[word] = head
            used.add(head)
    for band in bands:
        head = next((head for head in heads if head not in used and is_band(head, band)), "")
        if head:
            found[band.code] = head
            used.add(head)
    if ("lon" in found) != ("lat" in found):
        found.pop("lon", None)
        found.pop("lat", None)
    if "code" in found and "lon" in found:
        del found["code"]  # the point says more
    return found


def is_band(head: str, band: Band) -> bool:
    """Whether a head names an age band: by its code or name, or by its ages ("60-79岁", "age_80_plus")."""
    if band.age_from == 0 and band.until is None:
        return False
    if _plain(head) in {_plain(name) for name in (band.code, *band.names)}:
        return True
    ages = [int(number) for number in re.findall(r"\d{1,3}", head)]
    if band.until is None:
        return ages == [band.age_from] and bool(re.search(r"\+|plus|over|older|以上|及", head, re.IGNORECASE))
    said = re.search(
        r"岁|age|band|^\s*\d{1,3}\s*[-–~_至到]\s*\d{1,3}\s*$|^[a-z_]*\d{1,3}_\d{1,3}$", head, re.IGNORECASE
    )
    return ages == [band.age_from, band.until - 1] and bool(said)


def count(sheet: Sheet, columns: Mapping[str, str], bands: Sequence[str]) -> Counted:
    """Read every row by the chosen columns; what cannot be read is a fault of its line, and nothing of it is kept.

    With a column of all residents beside those of bands, who is in no band has the band ALL.
    """
    place = {word: sheet.heads.index(head) for word, head in columns.items() if head}
    chosen = [band for band in bands if band in place]
    whole = "residents" in place
    kept = [*chosen, ALL] if whole and ALL not in chosen else chosen
    faults = [(line, "cells", "") for line in sheet.odd]
    lines: list[int] = []
    codes: list[str] = []
    numbers: list[str] = []
    xy: list[tuple[float, float]] = []
    found: list[list[float]] = []
    homes: list[float] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in sheet.rows:
        try:
            row = _row(cells, place, chosen, whole=whole)
            key = ("code", row[0]) if "lon" not in place else ("number", row[1])
            if key[1] and key in seen:
                raise _Fault("twice", f"{key[1]} ({seen[key]})")
        except _Fault as fault:
            faults.append((line, fault.code, fault.text[:60]))
            continue
        if key[1]:
            seen[key] = line
        lines.append(line)
        codes.append(row[0])
        numbers.append(row[1])
        xy.append(row[2])
        found.append(row[3])
        homes.append(row[4])
    values = np.array(found, dtype=np.float64).reshape(len(lines), len(kept))
    figures, broken = _whole(values)
    households, cut = _whole(np.array(homes, dtype=np.float64).reshape(len(lines), 1))
    return Counted(
        lines=np.array(lines, dtype=np.int64),
        codes=codes,
        numbers=numbers,
        xy=np.array(xy, dtype=np.float64).reshape(-1, 2),
        bands=kept,
        figures=figures,
        households=households[:, 0],
        faults=sorted(faults),
        broken=broken or cut,
        given=float(np.nansum(values)),
    )


class _Fault(Exception):
    """A cell that cannot be read."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


def _row(
    cells: list[str], place: Mapping[str, int], chosen: Sequence[str], *, whole: bool
) -> tuple[str, str, tuple[float, float], list[float], float]:
    """(code, number, place, figures, households) of one row."""
    code = cells[place["code"]].removesuffix(".0").lstrip("'") if "code" in place else ""
    number = cells[place["number"]][:80] if "number" in place else ""
    xy = (math.nan, math.nan)
    if "lon" in place:
        xy = (_degrees(cells[place["lon"]], "lon", 180.0), _degrees(cells[place["lat"]], "lat", 90.0))
    elif not code:
        raise _Fault("no-code", "")
    figures = [_figure(cells[place[band]]) for band in chosen]
    if whole:
        total = _figure(cells[place["residents"]])
        rest = total - sum(0.0 if math.isnan(figure) else figure for figure in figures)
        if rest < -0.5:
            raise _Fault("bands-above-all", cells[place["residents"]])
        missing = any(math.isnan(figure) for figure in figures)
        # a whole that its bands make up leaves nobody without an age
        figures.append(math.nan if chosen and not missing and abs(rest) <= 0.5 else rest)
    if all(math.isnan(figure) for figure in figures):
        raise _Fault("no-figure", "")
    households = _figure(cells[place["households"]], "-households") if "households" in place else math.nan
    return code, number, xy, figures, households


def _degrees(text: str, which: str, most: float) -> float:
    """A finite number of degrees."""
    try:
        value = float(text)
    except ValueError:
        raise _Fault(f"no-{which}" if not text else f"bad-{which}", text) from None
    if not abs(value) <= most:  # false for NaN, too
        if which == "lat" and abs(value) <= 180.0:
            raise _Fault("lon-as-lat", text)
        raise _Fault(f"bad-{which}", text)
    return value


def _figure(text: str, of: str = "-figure") -> float:
    """A number of people (or of households); NaN where the cell is empty: empty is unknown and never nobody."""
    if not text:
        return math.nan
    plain = text.replace(" ", "").replace("\u00a0", "").replace("，", ",")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,15})?([eE][+-]?\d{1,2})?", plain, re.ASCII):
        raise _Fault(f"bad{of}", text)
    value = float(plain)
    if value > MOST:
        raise _Fault(f"huge{of}", text)
    return value


def _whole(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], bool]:
    """Figures as whole people, and whether any had decimals: then each column is made whole along its running sum."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    broken = bool((filled != np.floor(filled)).any())
    if broken:
        upto = np.floor(np.cumsum(filled, axis=0) + 0.5)
        filled = np.diff(upto, axis=0, prepend=0.0)
    return np.where(known, filled, UNKNOWN).astype(np.int64), broken


def _plain(name: str) -> str:
    """A head without case, blanks and dashes."""
    return re.sub(r"[\s_–-]+", "_", name.strip().lower())
