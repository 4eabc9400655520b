"""Draws a stranger's picture in a child process: what crashes, fills the memory or never ends, does so there alone.

The original goes in through a pipe and never lies on a disk of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from gis.files.pictures.faults import Caps, Drawn, FaultyError

ROOT = Path(__file__).resolve().parents[3]


def draw_apart(data: bytes, caps: Caps) -> Drawn:
    """`drawing.draw` in a child of bounded memory and time; raises FaultyError."""
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL"}},
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "gis.files.pictures.child", json.dumps({**asdict(caps), "parent": os.getpid()})]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=3 * caps.seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise FaultyError("too-slow") from None
    return heard(done.stdout)


def heard(told: bytes) -> Drawn:
    """What the child said; one that died in the middle said nothing."""
    line, found, rest = told.partition(b"\n")
    if not found:
        raise FaultyError("reader-died")
    answer = json.loads(line)
    if answer["code"]:
        raise FaultyError(answer["code"], **answer["values"])
    full, thumb = answer["full"], answer["thumb"]
    if len(rest) != full + thumb:
        raise FaultyError("reader-died")
    return Drawn(rest[:full], rest[full:], answer["width"], answer["height"])
