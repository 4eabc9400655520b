"""System packages: what is missing is named, and installed where we may."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from gis.setup import paths, postgres
from gis.setup.talk import Stop, run, say

# Debian's package would start a cluster of its own on port 5432; while we install it, it must not.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/wangge.conf")
ROOM_BYTES = 2_500_000_000
OLDEST_PYTHON = (3, 11)
# The first is Chromium without windows, in which a page opens three times as fast.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")


def missing(*, server: bool, browser: bool) -> list[str]:
    """Names of the Debian or Ubuntu packages that this machine lacks for running (and for browser tests)."""
    wanted = []
    if not has_venv():
        wanted.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if server and not postgres.servers():
        wanted.append("postgresql-postgis")
    if not shutil.which("msgfmt"):
        wanted.append("gettext")
    if not (ctypes.util.find_library("gdal") and ctypes.util.find_library("geos_c")):
        wanted.append("gdal-bin")
    if browser:
        if not any(shutil.which(name) for name in (*BROWSERS, os.environ.get("CHROMIUM") or "-")):
            wanted.append("chromium")
        if not has_chinese_font():
            wanted.append("fonts-noto-cjk")
    return wanted


def has_venv() -> bool:
    """Whether this Python can make virtual environments (Debian ships that apart)."""
    asks = [sys.executable, "-c", "import venv, ensurepip"]
    return subprocess.run(asks, check=False, capture_output=True).returncode == 0


def has_chinese_font() -> bool:
    """Whether the browser here could draw Chinese: without a font the pictures show boxes."""
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True, text=True).stdout.strip())


def may_become_root() -> list[str] | None:
    """The words before a command that needs root: none as root, `sudo` where a person or a rule allows it."""
    if paths.is_root():
        return []
    if not shutil.which("sudo"):
        return None
    if sys.stdin.isatty():
        return ["sudo"]
    allowed = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    return ["sudo", "-n"] if allowed else None


def install(*, server: bool = True, browser: bool = False) -> None:
    """Install what is missing; raises Stop with the list and the command where we may not."""
    if sys.version_info < OLDEST_PYTHON:
        raise Stop(f"Python {sys.version.split()[0]} is too old: Wangge needs Python ≥ 3.11 (Debian 12, Ubuntu 24.04).")
    if browser:
        prefer_without_windows()
    wanted = missing(server=server, browser=browser)
    if not wanted:
        return
    command = f"apt-get install --no-install-recommends {' '.join(wanted)}"
    if not shutil.which("apt-get"):
        raise Stop(f"This is no Debian or Ubuntu. Install what these packages of theirs hold: {' '.join(wanted)}")
    before = may_become_root()
    if before is None:
        raise Stop(
            f"System packages are missing, and this account may not install them. An administrator runs:\n    {command}"
        )
    say(f"Installing missing system packages: {' '.join(wanted)}")
    apt(before, wanted)
    left = missing(server=server, browser=browser)
    if left:
        raise Stop(f"Installed, but still not usable: {' '.join(left)}. PostgreSQL must be ≥ {postgres.OLDEST}.")


def prefer_without_windows() -> None:
    """Install Chromium without windows where apt knows it and nobody is asked; without it the tests take Chromium."""
    before = may_become_root()
    if shutil.which(BROWSERS[0]) or os.environ.get("CHROMIUM") or before not in ([], ["sudo", "-n"]):
        return
    known = ["apt-cache", "show", "--no-all-versions", BROWSERS[0]]
    if not shutil.which("apt-cache") or subprocess.run(known, check=False, capture_output=True).returncode:
        return
    say(f"Installing {BROWSERS[0]}, for quicker browser tests")
    quick = ["-q", "-y", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=20"]
    words = ["apt-get", *quick, "install", "--no-install-recommends", "--no-remove", BROWSERS[0]]
    before = [*before, "env", "DEBIAN_FRONTEND=noninteractive"]
    try:
        subprocess.run([*before, *words], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=240)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        say("It could not be had; Chromium is taken.")


def apt(before: list[str], wanted: list[str]) -> None:
    """Update the list and install, without Debian's own cluster and without questions."""
    quiet = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    run([*quiet, "update"], name="apt-update")
    fresh = not Path("/etc/postgresql-common").exists()
    if fresh:
        run([*before, "mkdir", "-p", NO_MAIN_CLUSTER.parent], name="apt-cluster")
        line = f"echo 'create_main_cluster = false' > {NO_MAIN_CLUSTER}"
        run([*before, "sh", "-c", line], name="apt-cluster")
    try:
        run([*quiet, "install", "--no-install-recommends", *wanted], name="apt-install")
    finally:
        if fresh:  # only while we install: what an administrator makes later is theirs
            run([*before, "rm", "-f", NO_MAIN_CLUSTER], name="apt-cluster")


def check_room() -> None:
    """Raise Stop when the disk could not hold a first set-up; later ones need next to nothing."""
    if paths.STAMPS.exists():
        return
    for folder in {paths.ROOT, Path("/var/lib") if paths.is_root() else paths.ROOT}:
        free = shutil.disk_usage(folder).free
        if free < ROOM_BYTES:
            raise Stop(
                f"{folder} has {free / 1e9:.1f} GB free; a first set-up needs {ROOM_BYTES / 1e9:.1f} GB. "
                "Make room (df -h shows where) and run the same command again."
            )
