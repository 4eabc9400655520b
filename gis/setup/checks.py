"""`make check`: what can be wrong without running the program; all is checked, two at a time, then the verdict."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from gis.setup import paths
from gis.setup.talk import Stop, say

Said = subprocess.CompletedProcess[str]
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

FIRST = "types"  # takes as long as all others together: they are run beside it


@contextmanager
def asked() -> Iterator[Callable[[], None]]:
    """Begin all checks, two at a time; gives what tells them in their order, and raises Stop when some failed."""
    with ThreadPoolExecutor(2) as pool:
        order = sorted(CHECKS, key=lambda name: name != FIRST)
        answers = {name: pool.submit(ask, name) for name in order}
        yield lambda: judge(answers)


def judge(answers: Mapping[str, Future[Said]]) -> None:
    """Tell each check as soon as those before it are told, then which failed; raises Stop."""
    failed = [name for name in CHECKS if not passed(name, answers[name].result())]
    if failed:
        raise Stop(f"make check: {len(failed)} of {len(CHECKS)} failed: {', '.join(failed)}")
    say(f"\nmake check: all {len(CHECKS)} checks passed")


def ask(name: str) -> Said:
    """Run one check and keep what it says."""
    env = {**os.environ, **(DEPLOYED if name == "deployment" else {})}
    return subprocess.run(
        CHECKS[name], cwd=paths.ROOT, env=env, check=False, encoding="utf-8", errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def passed(name: str, said: Said) -> bool:
    """Tell what a check said, and whether it passed."""
    say(f"\n── {name}: {' '.join(CHECKS[name]).replace(str(paths.ROOT) + '/', '')}\n{said.stdout.rstrip()}")
    return said.returncode == 0
