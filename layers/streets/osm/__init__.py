"""Plain reader of OpenStreetMap extracts: file → objects → shapes and lines → compounds, buildings and gates.

No Django here. Coordinates are WGS 84 degrees, (lon, lat), on the 1e-8 degree grid (OSM's own is 1e-7).
`read` opens a file, `extract` says what its objects are, `lay_out` says what they become.
"""

from layers.streets.osm.extract import extract
from layers.streets.osm.kinds import UnreadableFile
from layers.streets.osm.layout import lay_out
from layers.streets.osm.mapped import Extract
from layers.streets.osm.plots import Layout
from layers.streets.osm.source import Objects, read

__all__ = ["Extract", "Layout", "Objects", "UnreadableFile", "extract", "lay_out", "read"]
