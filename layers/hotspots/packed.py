"""A kept answer of more cells than are told one by one: its columns, the cells as they lay, and what was asked, packed.

Everything that was found is in it, nothing is read from the ground again: a boundary corrected later, or another
release's way of cutting hexagons, changes no kept result.
"""

import io
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from django.core.serializers.json import DjangoJSONEncoder
from numpy.typing import NDArray

from gis.shared.geojson import collection
from grids.locating import PointIndex
from grids.raster import OUTSIDE
from layers.hotspots import exports
from layers.hotspots.analysis import Analysis
from layers.hotspots.cells import Drawn, HexagonCells
from layers.hotspots.queries import Places
from layers.hotspots.statistics import Floats

Ints = NDArray[np.int64]
TEXTS = ("cell", "code", "name_zh", "name_en")
WHOLE = frozenset({"tickets", "neighbourhood", "residents", "spot"})
"""Columns of whole numbers."""
SMALL, SMALL_SIGN = "<5", -1.0
"""One to four residents, and how that is packed; what is unknown is NaN."""
HEAD = b"PK"


class KeptAreas:
    """Areas as they lay when a result was kept."""

    def __init__(self, ids: list[str], codes: list[str], names: list[tuple[str, str]], shapes: Any) -> None:
        """`shapes`: shapely polygons, lon lat, of one tier."""
        self.ids, self.codes, self.names, self.shapes = ids, codes, names, shapes

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.ids)

    @cached_property
    def index(self) -> PointIndex:
        """Where points are looked up."""
        flat = [OUTSIDE] * len(self)
        return PointIndex(self.shapes, ranks=[0] * len(self), parents=flat, codes=self.codes, ids=self.ids)

    def drawn(self, numbers: Ints) -> Any:
        """The outlines of some."""
        return self.shapes[numbers]

    def of(self, xy: Floats) -> Ints:
        """The area that holds each point; -1 where none does."""
        return self.index.locate(xy).deepest.astype(np.int64)

    def raster(self, lon: Floats, lat: Floats) -> Ints:
        """(h, w) the area of each crossing."""
        return self.of(np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2)).reshape(len(lat), len(lon))


@dataclass(frozen=True)
class Packed:
    """A kept answer, unpacked as far as somebody wants to see it."""

    told: dict[str, Any]  # question, summary, spots, columns (their order), marked (cells that stood out)
    cells: Drawn
    classes: NDArray[np.int8]  # (n,)
    numbers: dict[str, Floats]  # (n,) by column

    @property
    def question(self) -> dict[str, Any]:
        """What was asked, in the words of the query string, with what was chosen."""
        found: dict[str, Any] = self.told["question"]
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the headline."""
        found: dict[str, Any] = self.told["summary"]
        return found

    def columns(self, numbers: Ints | None = None) -> dict[str, list[Any]]:
        """What was told of each cell, or of some, by column: as `exports.columns` told it then."""
        cells = self.cells
        chosen = range(len(cells)) if numbers is None else numbers.tolist()
        found: dict[str, list[Any]] = {
            "cell": [cells.ids[at] for at in chosen],
            "code": [cells.codes[at] for at in chosen],
            "name_zh": [cells.names[at][0] for at in chosen],
            "name_en": [cells.names[at][1] for at in chosen],
            "class": [exports.CLASSES[int(value)] for value in self.classes[list(chosen)]],
        }
        for name, values in self.numbers.items():
            found[name] = _values(values[list(chosen)], whole=name in WHOLE)
        return {name: found[name] for name in self.told["columns"]}

    def features(self, numbers: Ints) -> list[dict[str, Any]]:
        """Some cells as GeoJSON features."""
        return exports.shaped(self.columns(numbers), self.cells.drawn(numbers))

    @property
    def marked(self) -> Ints:
        """The cells that stood out, the surest first."""
        return np.array(self.told["marked"], dtype=np.int64)

    def document(self) -> dict[str, Any]:
        """GeoJSON for the map: the cells that stood out, the question and the figures."""
        features = self.features(self.marked[: exports.MOST_MARKED])
        return collection(features, question=self.question, summary=self.summary, spots=self.told["spots"])


def pack(analysis: Analysis) -> bytes:
    """An answer as bytes that `unpack` reads."""
    columns = exports.columns(analysis)
    cells = analysis.cells
    texts = {name: columns[name] for name in TEXTS}
    told = {
        "question": exports.asked(analysis), "summary": exports.summary(analysis), "spots": exports.spots(analysis),
        "marked": exports.marked(analysis).tolist(), "columns": list(columns), "texts": texts,
    }  # fmt: skip
    numbers = columns.keys() - {*TEXTS, "class"}
    arrays: dict[str, NDArray[Any]] = {f"column_{name}": _packed(columns[name]) for name in sorted(numbers)}
    if isinstance(cells, HexagonCells):
        told |= {"width_m": cells.width_m, "epsg": cells.epsg, "extent_codes": cells.extent_codes}
        arrays |= {"qr": cells.qr, **_shapes(cells.extents)}
    else:
        arrays |= _shapes(cells.shapes)
    words = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False).encode()
    file = io.BytesIO()
    np.savez_compressed(
        file, allow_pickle=False, told=np.frombuffer(words, np.uint8), classes=analysis.classes, **arrays
    )
    return file.getvalue()


def unpack(body: bytes) -> Packed:
    """What `pack` made."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    told = json.loads(arrays["told"].tobytes())
    texts = told.pop("texts")
    names = list(zip(texts["name_zh"], texts["name_en"], strict=True))
    ends = np.cumsum(arrays["shape_bytes"])
    body_of = arrays["shapes"].tobytes()
    parts = [body_of[end - size : end] for end, size in zip(ends.tolist(), arrays["shape_bytes"].tolist(), strict=True)]
    shapes = np.array(shapely.from_wkb(parts), dtype=object)
    cells: Drawn
    if "qr" in arrays:
        codes = told["extent_codes"]
        extent = Places(ids=[], codes=codes, names=[("", "")] * len(codes), shapes=shapes)
        cells = HexagonCells(extent, width_m=told["width_m"], epsg=told["epsg"], qr=arrays["qr"])
    else:
        cells = KeptAreas(texts["cell"], texts["code"], names, shapes)
    numbers = {name.removeprefix("column_"): value for name, value in arrays.items() if name.startswith("column_")}
    return Packed(told, cells, arrays["classes"], numbers)


def _packed(values: list[Any]) -> Floats:
    """Numbers, None or SMALL as numbers."""
    signs = {None: np.nan, SMALL: SMALL_SIGN}
    return np.array([value if isinstance(value, (int, float)) else signs[value] for value in values], dtype=np.float64)


def _values(numbers: Floats, *, whole: bool) -> list[Any]:
    """The values that `_packed` packed."""
    found: list[Any] = []
    for value in numbers.tolist():
        if value != value:  # NaN
            found.append(None)
        elif whole:
            found.append(SMALL if value == SMALL_SIGN else int(value))
        else:
            found.append(value)
    return found


def _shapes(shapes: Any) -> dict[str, NDArray[Any]]:
    """Polygons as WKB, one behind the other, and how long each is."""
    parts = shapely.to_wkb(shapes)
    return {
        "shape_bytes": np.array([len(part) for part in parts], dtype=np.int32),
        "shapes": np.frombuffer(b"".join(parts), np.uint8),
    }
