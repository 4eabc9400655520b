"""`make test` and `make bench`: which runners, in which order."""

import os
import subprocess
from pathlib import Path

from gis.setup import javascript, paths
from gis.setup.talk import say


def call(words: list[str | Path]) -> None:
    """Run a runner with its output as it comes; raises CalledProcessError."""
    say(f"$ {' '.join(str(word) for word in words)}")
    subprocess.run([str(word) for word in words], cwd=paths.ROOT, check=True)


def run(words: list[str]) -> None:
    """The JavaScript tests (seconds), then those in Python, two side by side: each process has databases of its own.

    All of them run even when the first fail: one run shall tell all that is wrong. What CI judges, it judges twice
    alike: there sets are walked in one order, and tests/conftest.py makes ids and examples the same.
    """
    if os.environ.get("CI") == "true":
        os.environ.setdefault("PYTHONHASHSEED", "0")
    pytest: list[str | Path] = [paths.PYTHON, "-m", "pytest"]
    if words:
        call([*pytest, *words])
        return
    runners: list[list[str | Path]] = []
    found = sorted((paths.ROOT / "tests" / "js").glob("**/*.test.js"))
    if found:
        runners.append([javascript.node_tool("node"), "--test", "--test-reporter=spec", *found])
    # the dearest are named, so that the whole stays under its twenty minutes
    runners.append([*pytest, "-n", "2", "--dist", "loadgroup", "--durations=30"])
    failed: subprocess.CalledProcessError | None = None
    for runner in runners:
        try:
            call(runner)
        except subprocess.CalledProcessError as error:
            failed = failed or error
    if failed:
        raise failed


def bench(words: list[str]) -> None:
    """One benchmark (NAME) or all, each in a process of its own, then the table."""
    names = words or ([os.environ["NAME"]] if os.environ.get("NAME") else [])
    call([paths.PYTHON, "-m", "tests.bench", *names])
