"""The distribution's PostgreSQL: where its programs are, and how they run as the one who may own a cluster."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gis.setup import paths
from gis.setup.talk import Stop, explain

OLDEST = 15
SERVERS = Path("/usr/lib/postgresql")


def servers() -> dict[int, Path]:
    """Installed PostgreSQL versions that have PostGIS: major version to folder of programs."""
    found = {}
    for folder in SERVERS.glob("*/bin"):
        control = Path("/usr/share/postgresql") / folder.parent.name / "extension" / "postgis.control"
        if folder.parent.name.isdigit() and (folder / "initdb").exists() and control.exists():
            found[int(folder.parent.name)] = folder
    return {version: folder for version, folder in found.items() if version >= OLDEST}


def own_folder(folder: Path) -> None:
    """Make a folder that only the cluster's owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if paths.is_root():
        shutil.chown(folder, "postgres", "postgres")


def owner_reads(path: Path) -> str:
    """A file's text; root may read what belongs to `postgres`."""
    return path.read_text(encoding="utf-8").strip()


def as_owner(command: Sequence[str | Path]) -> list[str]:
    """The command as the cluster's owner runs it: `postgres` when we are root, else ourselves."""
    words = [str(word) for word in command]
    if not paths.is_root():
        return words
    if shutil.which("runuser"):
        return ["runuser", "-u", "postgres", "--", *words]
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", *words]


def owned(command: Sequence[str | Path], *, check: bool = True, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the owner, from `/`: the owner may not be able to enter the clone. Raises Stop."""
    done = subprocess.run(
        as_owner(command), cwd="/", input=extra.get("sql", ""), encoding="utf-8", errors="replace", check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if check and done.returncode:
        raise Stop(f"{command[0]} failed:\n{done.stdout.strip()}\n{explain(done.stdout)}".rstrip())
    return done
