"""Plain pictures: what a stranger's file is, drawn anew in a child process, and the proof that nothing else is in it.

No Django here. `apart.draw_apart` is called; `drawing.draw` is what runs in the child; `bare.kind_of` is what the store
asks of every byte that it keeps.
"""

from gis.files.pictures.apart import draw_apart
from gis.files.pictures.faults import Caps, Drawn, FaultyError

__all__ = ["Caps", "Drawn", "FaultyError", "draw_apart"]
