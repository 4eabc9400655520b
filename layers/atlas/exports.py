"""Layers as files: the same rows, columns and rights as on the map, from the same declaration.

Tests and jobs call `export_layer`; the doors are in `api`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit.actions import record_taking
from gis.catalogue.models import Place
from gis.shared.errors import Invalid, Missing, Refused, SignInNeeded, Text
from gis.shared.layer import Layer
from grids.models import Boundary
from layers.atlas.registry import FAMILIES, LAYERS
from layers.atlas.writing import FORMATS, Format, Table, Unwritable

BATCH = 2000
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Question:
    """Which rows, asked by whom, as of when: what every door reads from its query."""

    name: str
    layers: tuple[Layer, ...]
    asker: Any
    moment: datetime
    area: UUID | None = None


Filters = Mapping[str, str]


@dataclass(frozen=True)
class Exported:
    """A file that was written: where, under which name it leaves, what the web calls it, how many rows."""

    path: Path
    filename: str
    media: str
    rows: int


def columns_of(layer: Layer) -> tuple[str, ...]:
    """The columns of a layer's files; none when it is not for files."""
    return layer.fields if layer.exported is None else layer.exported


def exportable(asker: Any) -> dict[str, Text]:
    """What the asker may take away, name to title: families first, then layers, the uppermost first."""
    layers = [layer for layer in reversed(LAYERS) if columns_of(layer) and layer.scope(asker) is not None]
    families = {name: title for name, title in FAMILIES.items() if any(layer.family == name for layer in layers)}
    return families | {layer.name: layer.title for layer in layers}


def title_of(name: str) -> Text:
    """What a layer or a family is called; raises KeyError."""
    return FAMILIES.get(name) or next(layer.title for layer in LAYERS if layer.name == name)


def ask(
    name: str, *, asker: Any, moment: datetime, now: datetime, area: UUID | None = None, filters: Filters | None = None
) -> Question:
    """The question, checked: raises Missing (no such layer or area), Invalid (filters), SignInNeeded or Refused."""
    told = filters or {}
    found = [layer for layer in LAYERS if name in {layer.name, layer.family} and columns_of(layer)]
    if not name or not found:
        raise Missing(_("There is no such layer to export."), code="no-layer")
    layers = [layer.asked(told, moment=moment, now=now) for layer in found]
    seen = tuple(layer for layer in layers if layer.scope(asker) is not None)
    if not seen:
        if not getattr(asker, "is_authenticated", False):
            raise SignInNeeded(_("Sign in to see this layer."))
        raise Refused(_("Your appointments do not include this layer."))
    if area is not None and not Boundary.objects.at(moment).filter(area_id=area).exists():
        raise Missing(_("There is no such area at this moment."), code="no-area")
    return Question(name, seen[::-1], asker, moment, area)


def format_of(word: str) -> Format:
    """The format that a word asks for; raises Invalid with the words there are."""
    if word not in FORMATS:
        known = ", ".join(FORMATS)
        raise Invalid(
            _("There is no format “%(word)s”. There are: %(known)s.") % {"word": word[:40], "known": known},
            code="bad-format",
            fields={"format": _("Not a format")},
        )
    return FORMATS[word]


def count(question: Question) -> int:
    """How many rows a file would have."""
    return sum(_count(question, layer) for layer in question.layers)


def export_layer(
    name: str,
    word: str,
    folder: Path,
    *,
    asker: Any,
    moment: datetime,
    now: datetime,
    area: UUID | None = None,
    filters: Filters | None = None,
    told: Told | None = None,
) -> Exported:
    """Write one layer as it was at a moment into a folder, as the format `word`; the log keeps who took what.

    `told(done, total)` hears how far it is and may raise to stop. Raises Missing, SignInNeeded, Refused, Invalid.
    """
    kind = format_of(word)
    question = ask(name, asker=asker, moment=moment, now=now, area=area, filters=filters)
    table = read(question, told=told)
    path = folder / f"export.{kind.extension}"
    try:
        kind.write(table, path)
    except Unwritable as error:
        raise Invalid(
            _(
                "Row %(row)d: “%(column)s” is too long for this format, which holds %(most)d bytes. "
                "Choose GeoPackage or GeoJSON."
            )
            % {"row": error.row, "column": error.column, "most": error.most},
            code="too-long-for-format",
        ) from error
    detail = {"format": word, "rows": len(table), "moment": moment.isoformat(), "area": str(area or "")}
    record_taking(actor=asker, verb="layer.export", subject=name, now=now, detail=detail)
    return Exported(path, filename(question, kind), kind.media, len(table))


def read(question: Question, *, told: Told | None = None) -> Table:
    """The rows of a question, values made plain, shapes by WKB."""
    names = columns_of(question.layers[0])
    columns: list[list[Any]] = [[] for _name in names]
    shapes: list[Any] = []
    total = count(question)
    for layer in question.layers:
        for values, wkb in _batches(question, layer):
            for column, more in zip(columns, values, strict=True):
                column.extend(map(_plain, more))
            shapes.extend(shapely.from_wkb([bytes(one) for one in wkb]))
            if told is not None:
                told(len(shapes), max(total, len(shapes)))
    found = dict(zip(names, columns, strict=True))
    return Table(question.name, found, np.array(shapes, dtype=object), _about(question))


def filename(question: Question, kind: Format) -> str:
    """compound-2026-03-05.gpkg."""
    return f"{question.name}-{timezone.localtime(question.moment).date().isoformat()}.{kind.extension}"


def _batches(question: Question, layer: Layer) -> Iterator[tuple[list[tuple[Any, ...]], tuple[Any, ...]]]:
    """Some rows at a time: the columns, and the shapes as WKB."""
    inner, params = _rows(question, layer).query.sql_with_params()
    chosen = ", ".join(f'rows."{layer.columns.get(name, name)}"' for name in columns_of(layer))
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        # names in the statement are the layer's own declarations, never a request's
        cursor.execute(f"SELECT {chosen}, ST_AsBinary(rows.geom) FROM ({inner}) AS rows", params)  # noqa: S608
        while batch := cursor.fetchmany(BATCH):
            *values, wkb = zip(*batch, strict=True)
            yield values, wkb


def _count(question: Question, layer: Layer) -> int:
    """How many rows one layer gives."""
    inner, params = _rows(question, layer).order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({inner}) AS rows", params)  # noqa: S608
        return int(cursor.fetchone()[0])


def _rows(question: Question, layer: Layer) -> Any:
    """The layer's rows, narrowed to an area when one was named."""
    rows = layer.export_rows(asker=question.asker, moment=question.moment)
    if question.area is None:
        return rows
    shape = Boundary.objects.at(question.moment).get(area_id=question.area).geometry
    return layer.inside(rows, area=question.area, shape=shape, moment=question.moment)


def _about(question: Question) -> dict[str, str]:
    """What a file says of itself: whose data, as of when."""
    place = Place.objects.first()
    said = {
        "title": str(title_of(question.name)),
        "place": place.name if place else "",
        "source": place.attribution if place else "",
        "moment": timezone.localtime(question.moment).isoformat(timespec="seconds"),
        "note": _("Sample data, invented") if place and place.kind == Place.Kind.SAMPLE else "",
    }
    return {key: value for key, value in said.items() if value}


def _plain(value: Any) -> Any:
    """A value that every format holds: text, number, yes or no, or nothing."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
