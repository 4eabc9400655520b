"""Where the target lies in the pyramid of tiles."""

import math

from tests.matrix.world import AT


def tile_at(z: int) -> dict[str, str]:
    """The tile that holds the target, as the placeholders of a tile's address."""
    lon, lat = AT
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return {"z": str(z), "x": str(int((lon + 180) / 360 * 2**z)), "y": str(int(y * 2**z))}
