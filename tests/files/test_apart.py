"""The limits that every child takes before it reads what strangers sent."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
from gis.shared.apart import take_limits
import resource, sys
take_limits(memory_mb=512, seconds=20, parent=int(sys.argv[1]))
print(resource.getrlimit(resource.RLIMIT_AS)[0] >> 20, resource.getrlimit(resource.RLIMIT_CPU)[0])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")))
bytearray(600 << 20)
"""


def child(parent: int) -> subprocess.CompletedProcess[str]:
    """A child that takes its limits and then more than they allow."""
    command = [sys.executable, "-c", CHILD, str(parent)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_child_is_bounded_and_gets_no_new_rights() -> None:
    ended = child(os.getpid())
    assert ended.stdout.split() == ["512", "20", "1"]
    assert "MemoryError" in ended.stderr


def test_a_child_whose_parent_died_before_it_knew_reads_nothing() -> None:
    ended = child(os.getppid())
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "parent died" in ended.stderr
