"""The house's rules about files: what lies at the top, how long a file may be, which names say nothing."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HARD_LIMIT = 400
SAYS_NOTHING = {"utils.py", "helpers.py", "common.py", "services.py", "misc.py", "tools.py"}
TOP = {
    "manage.py", "gis", "grids", "layers", "templates", "data", "tests", "pyproject.toml", "README.md",
    "Makefile", "package.json", "package-lock.json", ".ci", "docs", "CHANGELOG.md", "LICENSE",
    ".gitignore", ".gitattributes",
}  # fmt: skip


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What belongs to the project: tracked files, and new ones that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_top_level_is_as_the_house_says(files):
    assert {path.parts[0] for path in files} <= TOP


def test_no_file_is_too_long(files):
    code = [path for path in files if path.suffix in {".py", ".js"} and "migrations" not in path.parts]
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in code}
    assert {path: length for path, length in lengths.items() if length > HARD_LIMIT} == {}


def test_no_module_name_says_nothing(files):
    assert [str(path) for path in files if path.name in SAYS_NOTHING] == []


def test_no_inner_html_and_no_inline_style(files):
    """Text from people becomes text nodes, never markup; CSP forbids inline styles."""
    scripts = [path for path in files if path.suffix == ".js" and "tests" not in path.parts]
    forbidden = (".innerHTML", ".outerHTML", "insertAdjacentHTML(", "document.write(")
    found = [(str(p), word) for p in scripts for word in forbidden if word in (ROOT / p).read_text(encoding="utf-8")]
    assert found == []


def test_leaflet_is_touched_in_one_place(files):
    """One seam round the map engine: `leaflet.js`, and the editor that it loads and hands L."""
    seam = {"leaflet.js", "editor.js", "editor_view.js"}
    scripts = [path for path in files if path.suffix == ".js" and path.name not in seam and "tests" not in path.parts]
    words = ("window.L", "globalThis.L", "L.map(", "L.marker(", "L.latLng(", "L.geoJSON(")
    found = [(str(p), word) for p in scripts for word in words if word in (ROOT / p).read_text(encoding="utf-8")]
    assert found == []


def test_geopandas_is_loaded_with_the_first_file_only(files):
    """It takes half a second and fifty megabytes of a start: `gis.shared.frames` loads it where a file is written."""
    heavy = re.compile(r"^(import|from) (geopandas|pandas|pyogrio)\b", re.MULTILINE)
    at_home = {"tests", "vector.py"}  # files are read in a process of their own
    code = [path for path in files if path.suffix == ".py" and not at_home & set(path.parts)]
    assert [str(path) for path in code if heavy.search((ROOT / path).read_text(encoding="utf-8"))] == []
