"""The web server and its worker: one dies, both are ended, nobody is left behind."""

import os
import select
import signal
import subprocess
import sys

import pytest

# A pretended server: says who it is, and waits.
PROGRAM = "import os, signal; os.write(1, b'{name} %d\\n' % os.getpid()); signal.pause()"
WATCH = """
import sys
from gis.setup import watch
sys.exit(watch.watch([sys.executable, "-c", {web!r}], [sys.executable, "-c", {worker!r}]))
"""


@pytest.fixture
def watched():
    """A watch over two pretended programs, and their process ids by name as they are told."""
    words = WATCH.format(web=PROGRAM.format(name="web"), worker=PROGRAM.format(name="worker"))
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def hear(process, *names) -> dict[str, int]:
    """The process ids of these programs, told in any order."""
    found = {}
    while not set(names) <= set(found):
        line = process.stdout.readline()
        assert line, "the watch ended"
        name, _, number = line.strip().partition(" ")
        if name in names:
            found[name] = int(number)
    return found


def gone(number: int, patience_s: float = 60) -> bool:
    """Whether a process ends in time."""
    try:
        handle = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], patience_s)[0])
    finally:
        os.close(handle)


def test_a_killed_worker_is_started_again(watched):
    first = hear(watched, "web", "worker")
    os.kill(first["worker"], signal.SIGKILL)
    assert hear(watched, "worker")["worker"] != first["worker"]
    assert not gone(first["web"], 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_both_end_when_the_watch_ends(watched, how):
    told = hear(watched, "web", "worker")
    watched.send_signal(how)
    assert all(gone(number) for number in told.values())
    assert watched.wait(60) == (-signal.SIGKILL if how == signal.SIGKILL else 0)


def test_the_worker_ends_with_the_web_server(watched):
    told = hear(watched, "web", "worker")
    os.kill(told["web"], signal.SIGKILL)
    assert gone(told["worker"])
    assert watched.wait(60) != 0
