"""Writes the Python locks from pyproject.toml: every version pinned, every file by hash, no registry named."""

from pathlib import Path

from gis.setup import paths
from gis.setup.talk import run, say

GROUPS: dict[str, list[str]] = {"main": [], "dev": ["--group", "dev"], "bench": ["--group", "dev", "--group", "bench"]}
OPTIONS = (
    "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "-q",
)  # fmt: skip


def write(*, upgrade: bool) -> None:
    """Compile each group; the versions of the smaller one bind the larger. Old pins stay unless `upgrade`."""
    uv = paths.VENV / "bin" / "uv"
    before: Path | None = None
    for group, words in GROUPS.items():
        lock = paths.LOCKS / f"{group}.txt"
        if upgrade:
            lock.unlink(missing_ok=True)
        bound: list[str | Path] = ["-c", before] if before else []
        say(f"Writing {lock.relative_to(paths.ROOT)}")
        run([uv, "pip", "compile", "pyproject.toml", *words, *OPTIONS, *bound, "-o", lock], name="lock")
        kept = [line for line in lock.read_text().splitlines(keepends=True) if "    #   -c " not in line]
        lock.write_text("".join(kept))
        before = lock
