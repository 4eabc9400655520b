"""The cells of an analysis, hexagons or areas of a tier: where they lie, who is whose neighbour, what falls in."""

import uuid
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from gis.shared.errors import Invalid
from gis.shared.geometry import epsg_of, to_degrees, to_metres, xy_to_metres
from grids.ground import Ground, ground_at
from grids.locating import PointIndex
from grids.models import Boundary, Tier
from grids.raster import OUTSIDE
from layers.hotspots import neighbours
from layers.hotspots.hexagons import Hexagons, Table
from layers.hotspots.queries import Places, areas_at, grid_rank, top_areas
from layers.hotspots.questions import HEXAGON, WIDTHS_M, Question
from layers.hotspots.statistics import Floats, Neighbourhoods
from layers.hotspots.walking import on_foot

MOST_CELLS = 120_000
"""All grids of a prefecture; more take longer than anybody waits."""
MOST_TRIED = 400_000
"""Hexagons over the box of what is asked about, most of which may lie outside it."""
WANTED_CELLS = 1_500
"""About so many hexagons are made when no width is asked for."""
STRIPS = 33
"""A picture's places are projected at so many columns and rows and evenly between them: centimetres off in a county."""
MOSTLY = 0.7
"""Areas count as touching each other when at least this share of them does; else the nearest are taken."""


class Drawn(Protocol):
    """What the map needs of cells."""

    ids: list[str]
    codes: list[str]
    names: list[tuple[str, str]]

    @property
    def shapes(self) -> Any:
        """Shapely polygons, lon lat."""

    def __len__(self) -> int:
        """Number of cells."""

    def drawn(self, numbers: NDArray[np.int64]) -> Any:
        """The outlines of some: shapely polygons, lon lat."""

    def of(self, xy: Floats) -> NDArray[np.int64]:
        """The cell of each of (n, 2) lon, lat; -1 in none."""

    def raster(self, lon: Floats, lat: Floats) -> NDArray[np.int64]:
        """(h, w) the cell of each crossing of (w,) longitudes and (h,) latitudes; -1 in none."""


class Cells(Drawn, Protocol):
    """What an analysis needs of its cells."""

    epsg: int
    width_m: float | None
    rank: int  # residents are known of areas of this tier rank or below
    extents: Any  # shapely polygons of the areas asked about, lon lat

    def neighbours(self, question: Question) -> tuple[Neighbourhoods, str]:
        """Who is whose neighbour, and by which rule."""


def cells_for(question: Question, tops: list[uuid.UUID]) -> Cells:
    """The cells of a question over some areas; Invalid when there are none or more than can be shown."""
    extent = top_areas(tops, question.moment)
    if not extent.ids:
        raise Invalid(_("Nothing is drawn here at this moment: there is nothing to cut up."), code="no-ground")
    if question.cells == HEXAGON:
        return cut(extent, question.width_m, rank=grid_rank())
    return AreaCells(question, tops, extent)


def cut(extent: Places, width_m: float | None, *, rank: int = 0) -> "HexagonCells":
    """Cut areas into hexagons; without a width, one is chosen that makes about WANTED_CELLS."""
    ground = shapely.union_all(extent.shapes)
    epsg = epsg_of(ground)
    metres = to_metres(ground, epsg)
    if width_m is None:
        ideal = np.sqrt(metres.area / WANTED_CELLS / 0.866)
        width_m = float(min(WIDTHS_M, key=lambda width: abs(np.log(width / max(ideal, 1.0)))))
    grid = Hexagons(width_m)
    if metres.area / grid.area_m2 > MOST_CELLS or grid.count_over(*metres.bounds) > MOST_TRIED:
        least = np.sqrt(metres.area / MOST_CELLS / 0.866)
        better = next((width for width in WIDTHS_M if width > least * 1.1), WIDTHS_M[-1])
        raise Invalid(
            _("Hexagons of %(width)g m would be too many for this area. From %(better)g m it can be shown.")
            % {"width": width_m, "better": better},
            code="too-many-cells",
            fields={"width": _("Too small for this area")},
        )
    return HexagonCells(extent, width_m=width_m, epsg=epsg, qr=grid.over(metres), rank=rank)


class HexagonCells:
    """Hexagons over the areas asked about, in the metres of the place."""

    def __init__(self, extent: Places, *, width_m: float, epsg: int, qr: NDArray[np.int64], rank: int = 0) -> None:
        """(n, 2) q, r of hexagons in the metres of a zone."""
        self.epsg, self.qr, self.grid = epsg, qr, Hexagons(width_m)
        self.width_m: float | None = width_m
        self.table = Table(self.qr)
        flat = [OUTSIDE] * len(extent.codes)
        self.extents, self.extent_codes = extent.shapes, extent.codes
        self.extent = PointIndex(extent.shapes, ranks=[0] * len(flat), parents=flat, codes=extent.codes)
        self.ids = [f"{q},{r}" for q, r in self.qr.tolist()]
        self.codes, self.names, self.rank = [""] * len(self.qr), [("", "")] * len(self.qr), rank

    @cached_property
    def shapes(self) -> Any:
        """All outlines, drawn when somebody wants to see them."""
        return self.drawn(np.arange(len(self)))

    def drawn(self, numbers: NDArray[np.int64]) -> Any:
        """The outlines of some."""
        return to_degrees(shapely.polygons(self.grid.outlines(self.qr[numbers])), self.epsg)

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.ids)

    def of(self, xy: Floats) -> NDArray[np.int64]:
        """The hexagon of each point; -1 outside the areas asked about, also where a hexagon reaches over their edge."""
        if not len(xy):
            return np.empty(0, dtype=np.int64)
        cell = self.table.positions(self.grid.of_points(xy_to_metres(xy, self.epsg)))
        return np.where(self.extent.locate(xy).deepest >= 0, cell, OUTSIDE)

    def raster(self, lon: Floats, lat: Floats) -> NDArray[np.int64]:
        """(h, w) the hexagon of each crossing; between few places that are projected, metres are nearly even."""
        few = [np.linspace(side[0], side[-1], STRIPS) for side in (lon, lat)]
        corners = np.stack(np.meshgrid(*few), axis=-1).reshape(-1, 2)
        metres = xy_to_metres(corners, self.epsg).reshape(STRIPS, STRIPS, 2)
        at_lon, at_lat = (_between(side, places) for side, places in zip((lon, lat), few, strict=True))
        down = metres[at_lat[0]] * (1 - at_lat[1])[:, None, None] + metres[at_lat[0] + 1] * at_lat[1][:, None, None]
        share = at_lon[1][None, :, None]
        every = (down[:, at_lon[0]] * (1 - share) + down[:, at_lon[0] + 1] * share).reshape(-1, 2)
        cell = self.table.positions(self.grid.of_points(every))
        xy = np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2)
        inside = self.extent.locate(xy).deepest >= 0
        return np.where(inside, cell, OUTSIDE).reshape(len(lat), len(lon))

    def neighbours(self, question: Question) -> tuple[Neighbourhoods, str]:
        """The six around, unless the nearest or a distance are asked for."""
        if question.neighbours in {"auto", "touching"}:
            return self.table.around(), "touching"
        if question.neighbours == "walking":
            middles = shapely.get_coordinates(shapely.centroid(self.shapes))
            return on_foot(middles, question.within_m), "walking"
        return by_distance(self.grid.centres(self.qr), question)


class AreaCells:
    """The areas of one tier at the moment, below the areas asked about."""

    width_m: float | None = None

    def __init__(self, question: Question, tops: list[uuid.UUID], extent: Places) -> None:
        """Read them; points are located by the rule of the ground, among all areas down to this tier."""
        tier = Tier.objects.get(code=question.cells)
        places = areas_at(Boundary.objects.below(tops, question.moment).filter(tier=tier))
        if not places.ids or len(places.ids) > MOST_CELLS:
            raise Invalid(
                _("There are %(count)d areas of the tier %(tier)s here; from 1 to %(most)d can be analysed.")
                % {"count": len(places.ids), "tier": tier.name, "most": MOST_CELLS},
                code="too-many-cells" if places.ids else "no-cells",
                fields={"cells": _("Choose another tier")},
            )
        self.extents = extent.shapes
        self.epsg, self.rank = epsg_of(shapely.union_all(extent.shapes)), tier.rank
        self.ids = [str(area) for area in places.ids]
        self.codes, self.names, self.shapes = places.codes, places.names, places.shapes
        self.ground: Ground = ground_at(question.moment, deepest_rank=tier.rank)
        position = {area: number for number, area in enumerate(places.ids)}
        # one more than the areas, so that -1 (in none) finds its own -1 at the end
        self.cell_of_area = np.array([*(position.get(area, OUTSIDE) for area in self.ground.area_ids), OUTSIDE])

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.ids)

    def of(self, xy: Floats) -> NDArray[np.int64]:
        """The area of the tier that owns each point; -1 where none does."""
        found: NDArray[np.int64] = self.cell_of_area[self.ground.locate(xy).deepest]
        return found

    def drawn(self, numbers: NDArray[np.int64]) -> Any:
        """The outlines of some."""
        return self.shapes[numbers]

    def raster(self, lon: Floats, lat: Floats) -> NDArray[np.int64]:
        """(h, w) the area of each crossing."""
        return self.of(np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2)).reshape(len(lat), len(lon))

    def neighbours(self, question: Question) -> tuple[Neighbourhoods, str]:
        """Areas that share a corner; where most share none (compounds across roads), the nearest by their middles."""
        if question.neighbours in {"auto", "touching"}:
            touching = neighbours.queen(self.shapes)
            if question.neighbours == "touching" or (touching.sizes > 0).mean() >= MOSTLY:
                return touching, "touching"
        if question.neighbours == "walking":
            inside = shapely.get_coordinates(shapely.point_on_surface(self.shapes))
            return on_foot(inside, question.within_m), "walking"
        middles = shapely.get_coordinates(shapely.centroid(self.shapes))
        return by_distance(xy_to_metres(middles, self.epsg), question)


def _between(values: Floats, places: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Of each value the place before it, and how far it is on the way to the next."""
    step = (places[-1] - places[0]) / (len(places) - 1)
    if step == 0:  # one column or row alone
        return np.zeros(len(values), dtype=np.int64), np.zeros(len(values))
    at = np.clip((values - places[0]) / step, 0, len(places) - 1)
    before = np.minimum(at.astype(np.int64), len(places) - 2)
    return before, at - before


def by_distance(metres: Floats, question: Question) -> tuple[Neighbourhoods, str]:
    """The k nearest, or all within a distance, of middles in metres."""
    if question.neighbours != "within":
        return neighbours.nearest(metres, question.nearest), "nearest"
    try:
        return neighbours.within(metres, question.within_m), "within"
    except ValueError as error:
        raise Invalid(
            _("Within %(distance)g m there are too many neighbours; choose a shorter distance.")
            % {"distance": question.within_m},
            code="too-many-neighbours",
            fields={"within": _("Too far")},
        ) from error
