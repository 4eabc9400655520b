"""Which zooms share one simplified outline, and how coarse it may be. Plain arithmetic."""

from gis.shared.layer import Layer

EQUATOR_M = 40_075_016.685578488
PIXEL_SHARE = 0.4
"""A simplified outline strays by about this share of a pixel at the nearest zoom of its band."""
WIDTH = 2
"""Zooms in a band."""
LAST_ZOOM = 17
"""From the next zoom on every shape is drawn as it is stored."""


def pixel_m(zoom: int) -> float:
    """Metres of one pixel of the map at the equator, as EPSG:3857 counts them."""
    return EQUATOR_M / 256 / 2**zoom


def bands(layer: Layer) -> list[int]:
    """The bands in which a layer is drawn simplified: none where its shapes are small when they first appear."""
    if not layer.simplified:
        return []
    return sorted({zoom // WIDTH for zoom in range(layer.min_zoom, min(layer.max_zoom, LAST_ZOOM) + 1)})


def band_of(layer: Layer, zoom: int) -> int | None:
    """The band of a zoom of the map; None where shapes are drawn as stored."""
    return zoom // WIDTH if zoom // WIDTH in bands(layer) else None


def tolerance_m(band: int) -> float:
    """How coarse a band's outlines may be, in units of EPSG:3857."""
    return PIXEL_SHARE * pixel_m(band * WIDTH + WIDTH - 1)
