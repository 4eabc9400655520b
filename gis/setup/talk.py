"""What set-up says, and how it stops: one line a step, a reason and a remedy, never a traceback."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from gis.setup import paths

# What the machine's own words mean, and what to do.
REASONS = {
    "No space left on device": "The disk is full. Make room (df -h shows where) and run the same command again.",
    "Disk quota exceeded": "Your disk quota is used up. Make room and run the same command again.",
    "Permission denied": "This account lacks the right to do that. The lines above say where.",
    "Temporary failure in name resolution": "The network is away: packages cannot be fetched.",
    "Temporary failure resolving": "The network is away: packages cannot be fetched.",
    "ECONNREFUSED": "The package registry cannot be reached.",
    "Could not get lock": "Another package installation is running. Wait for it, then run the same command again.",
}


class Stop(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line at once, so that a person sees what is being waited for."""
    print(text, flush=True)


def explain(output: str) -> str:
    """The remedy for an output whose reason is known, or nothing."""
    return next((remedy for words, remedy in REASONS.items() if words in output), "")


def run(
    command: Sequence[str | Path],
    *,
    name: str,
    cwd: Path = paths.ROOT,
    env: Mapping[str, str] | None = None,
    show: bool = False,
) -> str:
    """Run a step, keep its output in .local/log/<name>.log and return it; raises Stop with its last lines."""
    full_env = {**os.environ, **(env or {})}
    words = [str(word) for word in command]
    try:
        if show:
            code, output = subprocess.run(words, cwd=cwd, env=full_env, check=False).returncode, ""
        else:
            done = subprocess.run(
                words, cwd=cwd, env=full_env, check=False, stdin=subprocess.DEVNULL, encoding="utf-8",
                errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            code, output = done.returncode, done.stdout
            keep(name, words, output)
    except FileNotFoundError as error:
        raise Stop(f"{words[0]}: no such command ({error.strerror}).") from error
    if code:
        last = "\n".join(f"    {line}" for line in output.strip().splitlines()[-15:])
        raise Stop("\n".join(part for part in (f"{name} failed: {' '.join(words)}", last, explain(output)) if part))
    return output


def keep(name: str, words: Sequence[str], output: str) -> None:
    """Keep a step's output where a person can read it later (mode 0700: it may hold names)."""
    paths.LOGS.mkdir(mode=0o700, parents=True, exist_ok=True)
    (paths.LOGS / f"{name}.log").write_text(f"$ {' '.join(words)}\n{output}", encoding="utf-8")
