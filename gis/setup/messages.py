"""Translations by hand, compiled: every `.po` beside its `.mo`, without starting Django."""

import shutil
from pathlib import Path

from gis.setup import local, paths
from gis.setup.talk import Stop, run, say


def sources() -> list[Path]:
    """All hand-written translation files."""
    return [path for top in ("gis", "grids", "layers") for path in (paths.ROOT / top).glob("**/locale/**/*.po")]


def compile_all() -> None:
    """Compile each `.po` whose text has changed; raises Stop naming the file and line that is wrong."""
    found = sources()
    inputs = local.fingerprint(found)
    if local.is_done("messages", inputs) and all(path.with_suffix(".mo").exists() for path in found):
        return
    if not shutil.which("msgfmt"):
        raise Stop("msgfmt is missing: install the package gettext.")
    say("Compiling the translations")
    for path in found:
        run(["msgfmt", "--check-format", "-o", path.with_suffix(".mo"), path], name="messages")
    local.mark_done("messages", inputs)
