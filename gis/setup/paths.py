"""Where things lie in a clone, and what it makes for itself."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
LOGS = LOCAL / "log"
SETTINGS = LOCAL / "settings.env"
STAMPS = LOCAL / "stamps.json"
CLUSTER = LOCAL / "cluster.json"
SERVER = LOCAL / "server.pid"
LIBRARIES = LOCAL / "static" / "lib" / "lib"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = Path(__file__).resolve().parent / "locks"
# A cluster made by root lies outside the clone: its owner `postgres` could not enter a closed folder.
ROOT_CLUSTERS = Path("/var/lib/wangge")


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0
