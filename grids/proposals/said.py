"""What a person says about a file: its coordinates, which column is what; and all that is wrong with one row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from grids.filing.columns import WORDS, Source

LONGEST = 200


@dataclass(frozen=True)
class Said:
    """A person's answers; everything may be left open. `map` is None until a person has chosen columns."""

    crs: str = ""
    layer: str = ""
    encoding: str = ""
    swapped: bool = False
    map: Mapping[str, Source] | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON values, for the arguments of a job."""
        chosen = {word: [source.column, source.value] for word, source in (self.map or {}).items()}
        return {
            "crs": self.crs, "layer": self.layer, "encoding": self.encoding, "swapped": self.swapped,
            "map": None if self.map is None else chosen,
        }  # fmt: skip


def said_from(document: Any) -> Said:
    """A stranger's JSON as answers; raises Invalid naming the field."""
    if not isinstance(document, dict):
        raise _bad("said")
    texts = {}
    for name in ("crs", "layer", "encoding"):
        text = document.get(name) or ""
        if not isinstance(text, str) or len(text) > LONGEST:
            raise _bad(name)
        texts[name] = text.strip()
    if texts["encoding"] not in {"", "utf-8", "gb18030"}:
        raise _bad("encoding")
    chosen = document.get("map")
    if chosen is not None and not isinstance(chosen, dict):
        raise _bad("map")
    found: dict[str, Source] = {}
    for word, where in (chosen or {}).items():
        sound = isinstance(where, list) and len(where) == 2 and all(isinstance(text, str) for text in where)
        if word not in WORDS or not sound or any(len(text) > LONGEST for text in where):
            raise _bad(f"map.{str(word)[:40]}")
        found[word] = Source(*where)
    return Said(**texts, swapped=document.get("swapped") is True, map=None if chosen is None else found)


def _bad(name: str) -> Invalid:
    words = _("This answer about the file cannot be understood.")
    return Invalid(f"{name}: {words}", code="bad-request", fields={name: words})


@dataclass(frozen=True)
class RowProblem:
    """Something that keeps a row from being stored: its number in the file, the field if it is a word, and where."""

    row: int
    code: str
    message: str
    field: str = ""
    geometry: Any = None
    point: tuple[float, float] | None = None
    other_row: int | None = None

    def document(self) -> dict[str, Any]:
        """For the page."""
        return {
            "row": self.row, "code": self.code, "message": self.message, "field": self.field,
            "geometry": self.geometry, "point": self.point, "other_row": self.other_row,
        }  # fmt: skip


@dataclass
class Caution:
    """Something to look at before the file is stored; `ask` = to be agreed to by a person."""

    code: str
    message: str
    ask: bool = False
    values: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """For the page."""
        return {"code": self.code, "message": self.message, "ask": self.ask, "values": self.values}
