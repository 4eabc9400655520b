"""GeoJSON, a feature at a time: only one feature's numbers are Python objects at once, and each fault has its row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from grids.filing.faults import MOST_COLUMNS, MOST_ROWS, MOST_VERTICES, MOST_VERTICES_A_ROW, Fault, Note, Unreadable
from grids.filing.table import Table, text_of, unique_names

BLANK = " \t\r\n"
POLYGONS = {"Polygon": 3, "MultiPolygon": 4}
"""Depth of the coordinates of what can be an area."""


class Wrong(Exception):
    """Coordinates that make no shape: the code of a fault and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def read_geojson(path: Path) -> Table:
    """The features of a GeoJSON file; raises Unreadable where it ends early or is no GeoJSON."""
    text, encoding = _text(path)
    document = Reader(text)
    shapes: list[Any] = []
    columns: dict[str, list[str]] = {}
    faults: list[Fault] = []
    total = 0
    for number, feature in enumerate(document.features(), start=1):
        if number > MOST_ROWS:
            raise Unreadable("too-many-rows", most=MOST_ROWS)
        properties = feature.get("properties") if isinstance(feature, dict) else None
        _keep(columns, properties if isinstance(properties, dict) else {}, number, feature)
        try:
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                raise Wrong("not-a-feature")
            shape = _shape(feature.get("geometry"))
            total += int(shapely.get_num_coordinates(shape))
        except Wrong as wrong:
            faults.append(Fault(number, wrong.code, wrong.values))
            shape = None
        if total > MOST_VERTICES:
            raise Unreadable("too-many-vertices", most=MOST_VERTICES)
        shapes.append(shape)
    if document.kind != "FeatureCollection":
        raise Unreadable("not-geojson", found=str(document.kind or "")[:40])
    for values in columns.values():
        values += [""] * (len(shapes) - len(values))
    named = dict(zip(unique_names(list(columns)), columns.values(), strict=True))
    array = np.empty(len(shapes), object)
    array[:] = shapes
    return Table(
        kind="geojson", columns=named, shapes=array, numbers=np.arange(1, len(shapes) + 1), encoding=encoding,
        crs=document.crs or "OGC:CRS84", faults=faults,
        notes=[] if encoding == "utf-8" else [Note("not-utf8", {"encoding": encoding})],
    )  # fmt: skip


def _text(path: Path) -> tuple[str, str]:
    """The file as text and in which encoding it is: UTF-8 by the standard, GB18030 as it is found."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as error:
        raise Unreadable("not-text", byte=error.start) from error


def _keep(columns: dict[str, list[str]], properties: dict[str, Any], number: int, feature: Any) -> None:
    """Put one feature's properties into the columns; a column that begins late gets blanks for the rows before."""
    given = dict(properties)
    if isinstance(feature, dict) and isinstance(feature.get("id"), str | int) and "id" not in given:
        given["id"] = feature["id"]
    for name, value in given.items():
        column = columns.get(name)
        if column is None:
            if len(columns) >= MOST_COLUMNS:
                raise Unreadable("too-many-columns", most=MOST_COLUMNS)
            column = columns[name] = []
        column += [""] * (number - 1 - len(column))
        column.append(text_of(value))


class Reader:
    """Walks the top of a GeoJSON document and yields its features one by one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.count = 0
        self.kind: object = None
        self.crs = ""
        self.decoder = json.JSONDecoder()

    def features(self) -> Iterator[Any]:
        """Each element of "features" wherever it stands among the members; then `kind` and `crs` are known."""
        if self._next() != "{":
            raise self._broken()
        self.at += 1
        found = False
        while self._next() != "}":
            name = self._value()
            self._demand(":")
            if name == "features" and self._next() == "[":
                found = True
                yield from self._elements()
            else:
                value = self._value()
                if name == "type":
                    self.kind = value
                elif name == "crs":
                    self.crs = _crs_of(value)
            if self._next() != "}":
                self._demand(",")
        self.at += 1
        if self._next():
            raise self._broken()
        if self.kind == "FeatureCollection" and not found:
            raise Unreadable("not-geojson", found="FeatureCollection")

    def _elements(self) -> Iterator[Any]:
        self.at += 1
        while self._next() != "]":
            value = self._value()
            self.count += 1
            yield value
            if self._next() != "]":
                self._demand(",")
        self.at += 1

    def _next(self) -> str:
        """The next character that is no blank; "" at the end."""
        text, at, end = self.text, self.at, len(self.text)
        while at < end and text[at] in BLANK:
            at += 1
        self.at = at
        return text[at] if at < end else ""

    def _value(self) -> Any:
        self._next()
        try:
            value, self.at = self.decoder.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.at = len(self.text) if error.msg.startswith("Unterminated") else error.pos
            raise self._broken() from error
        except (RecursionError, ValueError) as error:  # brackets without end; a number of 5,000 digits
            raise self._broken() from error
        return value

    def _demand(self, mark: str) -> None:
        if self._next() != mark:
            raise self._broken()
        self.at += 1

    def _broken(self) -> Unreadable:
        """Where the text stops being JSON: an early end is told apart from a wrong character."""
        rest = self.text[self.at : self.at + 1].strip()
        line = self.text.count("\n", 0, self.at) + 1
        ended = not rest or self.at >= len(self.text) - 1
        return Unreadable("ends-early" if ended else "bad-json", line=line, after=self.count)


def _crs_of(value: Any) -> str:
    """The name in the old "crs" member (GeoJSON 2008), which newer files should not have but do."""
    try:
        name = value["properties"]["name"]
    except (TypeError, KeyError):
        return ""
    if not isinstance(name, str):
        return ""
    last = name.rsplit(":", 1)[-1]
    if "EPSG" in name.upper() and last.isdigit():
        return f"EPSG:{last}"
    return "OGC:CRS84" if last.upper() == "CRS84" else name[:200]


def _shape(geometry: Any) -> shapely.Geometry:
    """Shapely's shape of a GeoJSON geometry, flat; raises Wrong. Nothing is repaired, rings are closed by their end."""
    if geometry is None:
        raise Wrong("no-shape")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in POLYGONS:
        raise Wrong("not-an-area", found=str(kind)[:40])
    parts = geometry.get("coordinates")
    parts = [parts] if kind == "Polygon" else parts
    if not isinstance(parts, list) or not parts:
        raise Wrong("no-shape")
    polygons = []
    for part in parts:
        if not isinstance(part, list) or not part:
            raise Wrong("no-shape")
        rings = [_ring(ring) for ring in part]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons[0] if kind == "Polygon" else shapely.MultiPolygon(polygons)


def _ring(ring: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n, 2) numbers of a ring that is closed and has four positions."""
    if not isinstance(ring, list) or len(ring) < 4:
        raise Wrong("short-ring")
    if len(ring) > MOST_VERTICES_A_ROW:
        raise Wrong("too-many-vertices-in-row", count=len(ring), most=MOST_VERTICES_A_ROW)
    try:
        xy = np.array([position[:2] for position in ring], np.float64)
    except (TypeError, ValueError, KeyError, OverflowError):
        raise Wrong("bad-position") from None
    if xy.ndim != 2 or xy.shape[1] != 2 or not np.isfinite(xy).all():
        raise Wrong("bad-position")
    if (xy[0] != xy[-1]).any():
        raise Wrong("open-ring")
    return xy
