"""Tables with shapes for files of other programs, by geopandas and pyogrio.

They are loaded with the first such file: with pandas they take half a second and fifty megabytes of every process that
starts, and no page needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def shaped(columns: Mapping[str, Sequence[Any]], shapes: Any) -> gpd.GeoDataFrame:
    """Columns and a shapely shape a row (lon, lat; EPSG:4326) as geopandas has it."""
    import geopandas as gpd

    return gpd.GeoDataFrame(dict(columns), geometry=shapes, crs=4326)


def plain(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Columns without shapes."""
    import pandas as pd

    return pd.DataFrame(dict(columns))


def write(frame: pd.DataFrame, path: Path, **options: Any) -> None:
    """A layer of a file; `options` are those of `pyogrio.write_dataframe`."""
    import pyogrio

    pyogrio.write_dataframe(frame, path, **options)
