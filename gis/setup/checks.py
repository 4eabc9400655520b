"""`make check`: everything that can be wrong without running the program; all are run, then the verdict."""

import os
import subprocess

from gis.setup import paths
from gis.setup.talk import Stop, say

BIN = paths.VENV / "bin"
CHECKS: dict[str, list[str]] = {
    "style": [str(BIN / "ruff"), "check", "."],
    "templates": [str(BIN / "djlint"), "templates", "--lint", "--quiet"],
    "who imports whom": [str(BIN / "lint-imports"), "--no-cache"],
    "types": [str(BIN / "mypy")],
    "migrations complete": [str(paths.PYTHON), "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [str(paths.PYTHON), "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "house rules and translations": [str(paths.PYTHON), "-m", "pytest", "-q", "tests/house"],
}
# `check --deploy` is asked of a server behind TLS, which is what it is for; `make run` serves a loop-back address.
DEPLOYED = {"HTTPS": "1", "ALLOWED_HOSTS": "wangge.example", "DEBUG": "0"}


def run() -> None:
    """Run all checks and say which failed; raises Stop."""
    failed = []
    for name, words in CHECKS.items():
        say(f"\n── {name}: {' '.join(words).replace(str(paths.ROOT) + '/', '')}")
        env = {**os.environ, **(DEPLOYED if name == "deployment" else {})}
        if subprocess.run(words, cwd=paths.ROOT, env=env, check=False).returncode:
            failed.append(name)
    if failed:
        raise Stop(f"make check: {len(failed)} of {len(CHECKS)} failed: {', '.join(failed)}")
    say(f"\nmake check: all {len(CHECKS)} checks passed")
