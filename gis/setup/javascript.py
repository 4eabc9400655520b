"""Browser libraries by lock file, copied to where Django's staticfiles find them under `lib/`."""

import shutil
from pathlib import Path

from gis.setup import local, paths, python
from gis.setup.talk import run, say

MODULES = paths.ROOT / "node_modules"
# File in node_modules to file under /static/lib/: short names, because the import map and CSP nonces name them.
COPIES = {
    "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.js": "leaflet-geoman.js",
    "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.css": "leaflet-geoman.css",
    "@mapbox/point-geometry/index.js": "point-geometry.js",
    "@mapbox/vector-tile/index.js": "vector-tile.js",
    "pbf/index.js": "pbf.js",
    "quickselect/index.js": "quickselect.js",
    "rbush/index.js": "rbush.js",
}
OLDEST_NODE = 18


def copy_libraries() -> None:
    """Copy each library without its source-map line: the map is not shipped, and hashing would look for it."""
    paths.LIBRARIES.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        lines = (MODULES / source).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = "".join(line for line in lines if "sourceMappingURL=" not in line)
        (paths.LIBRARIES / name).write_text(kept, encoding="utf-8")


def node_tool(name: str) -> Path:
    """The path of `node` or `npm`: the machine's own when new enough, else the pinned one from PyPI."""
    found = shutil.which(name)
    if found and node_is_new_enough():
        return Path(found)
    return python.node_folder() / name


def node_is_new_enough() -> bool:
    """Whether the machine has Node of a version that runs our tests."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    version = run(["node", "--version"], name="node-version").strip().lstrip("v")
    return version.split(".")[0].isdigit() and int(version.split(".")[0]) >= OLDEST_NODE


def install() -> None:
    """Fetch the libraries of package-lock.json and copy what the browser needs; nothing when already done."""
    inputs = local.fingerprint([paths.ROOT / "package.json", paths.ROOT / "package-lock.json"], repr(COPIES))
    complete = all((paths.LIBRARIES / name).exists() for name in COPIES.values())
    if complete and MODULES.exists() and local.is_done("javascript", inputs):
        return
    say("Fetching the browser libraries by lock file")
    npm = node_tool("npm")
    run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        name="npm",
        env={"PATH": f"{npm.parent}:{python.search_path()}"},
    )
    copy_libraries()
    local.mark_done("javascript", inputs)
