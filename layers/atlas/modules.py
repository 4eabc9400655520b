"""Which ES modules a page needs first, so that the browser asks for all at once instead of one import after another."""

import posixpath
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

IMPORTS = {
    "@mapbox/vector-tile": "lib/vector-tile.js",
    "@mapbox/point-geometry": "lib/point-geometry.js",
    "pbf": "lib/pbf.js",
    "rbush": "lib/rbush.js",
    "quickselect": "lib/quickselect.js",
}
"""The bare names that our modules import, and the static files they mean."""
ENTRY = "atlas/map.js"
ROOMS = "atlas/rooms.js"
STATEMENT = re.compile(r"""(?m)^(?:import|export)\b(?:[\s{*][^;'"]*?\sfrom)?\s*["']([^"']+)["']\s*;""")
LATER = re.compile(r"""id: "(\w+)"(?:(?!\bid: ).)*?import\("([^"]+)"\)""", re.DOTALL)


def first_modules(room: str = "") -> tuple[str, ...]:
    """The static paths of the page's modules, the entry first; with those of a room when the page opens in it."""
    if settings.DEBUG:
        _found.cache_clear()
        _rooms.cache_clear()
    return _found(_rooms().get(room, ""))


@cache
def _rooms() -> dict[str, str]:
    """The module of each room that is fetched when it is entered."""
    return {name: _beside(ROOMS, path) for name, path in LATER.findall(_text(ROOMS))}


@cache
def _found(also: str) -> tuple[str, ...]:
    """Follow the imports breadth first."""
    known = dict.fromkeys([ENTRY, also] if also else [ENTRY])
    waiting = list(known)
    for module in waiting:
        for name in STATEMENT.findall(_text(module)):
            path = IMPORTS.get(name) or _beside(module, name)
            if path not in known:
                known[path] = None
                waiting.append(path)
    return tuple(known)


def _beside(module: str, path: str) -> str:
    """A relative address as a static path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


def _text(module: str) -> str:
    """A module's source; empty when there is none (collecting the static files would fail before)."""
    found = finders.find(module)
    return Path(str(found)).read_text(encoding="utf-8") if found else ""
