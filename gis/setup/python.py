"""The virtual environment, filled by lock files with hashes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gis.setup import local, paths
from gis.setup.talk import run, say

INSTALL = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes", "-q", "-r")


# Stands in an environment while pip works on it: an interrupted one is made anew, as pip can trip over its own halves.
UNFINISHED = ".wangge-unfinished"


def search_path() -> str:
    """The PATH that steps run with."""
    return os.environ.get("PATH", "/usr/bin:/bin")


def make_environment(folder: Path) -> None:
    """Make a virtual environment of the Python that runs us, unless a working one is there."""
    python = folder / "bin" / "python"
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    asks = [str(python), "-c", "import sys, pip; print('%d.%d' % sys.version_info[:2])"]
    if python.exists() and not (folder / UNFINISHED).exists():
        answer = subprocess.run(asks, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == wanted:
            return
    say(f"Making a virtual environment for Python {wanted} in {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder], name="venv")


def install(*groups: str) -> None:
    """Install the locks of these groups (`main`, `dev`, `bench`); nothing when already done.

    The largest is named last. It holds those before it, in the same versions, so that it alone is read.
    """
    make_environment(paths.VENV)
    for group in groups[:-1]:  # where another version of a smaller one came since, the largest is not whole any more
        lock, stamp = lock_of(paths.VENV, group)
        if stamp.exists() and stamp.read_text() != local.fingerprint([lock]):
            lock_of(paths.VENV, groups[-1])[1].unlink(missing_ok=True)
    fill(paths.VENV, groups[-1], "Installing Python libraries by lock file; the first time takes a minute or two")
    for group in groups[:-1]:
        lock, stamp = lock_of(paths.VENV, group)
        stamp.write_text(local.fingerprint([lock]))


def lock_of(folder: Path, group: str) -> tuple[Path, Path]:
    """A group's lock, and the stamp of an environment that holds it."""
    return paths.LOCKS / f"{group}.txt", folder / f".wangge-{group}"


def fill(folder: Path, group: str, text: str) -> None:
    """Install one lock into an environment, unless that is done."""
    lock, stamp = lock_of(folder, group)
    inputs = local.fingerprint([lock])
    if stamp.exists() and stamp.read_text() == inputs:
        return
    say(f"{text} ({group})")
    (folder / UNFINISHED).touch()
    run([folder / "bin" / "python", *INSTALL, lock], name=f"pip-{group}")
    stamp.write_text(inputs)
    (folder / UNFINISHED).unlink()


def node_folder() -> Path:
    """The programs of the Node that PyPI ships, installed beside the environment when the machine has none."""
    folder = paths.LOCAL / "node"
    make_environment(folder)
    fill(folder, "node", "This machine has no Node.js ≥ 18: fetching the pinned one from PyPI")
    return folder / "bin"
