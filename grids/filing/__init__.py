"""Plain readers of files of areas: whatever a stranger hands in becomes one table, or one reason why not.

No Django here, and nothing of the caller's process at stake: `apart.read_apart` reads in a child with bounded memory
and time, `reading.read` is what runs in it.
"""

from grids.filing.faults import Fault, Note, Unreadable
from grids.filing.table import Table

__all__ = ["Fault", "Note", "Table", "Unreadable"]
