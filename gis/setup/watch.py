"""The web server with a worker beside it: both end together, and a worker that dies is started again."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from gis.setup import paths
from gis.setup.talk import say

ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
SIGNALS = {*ENDING, signal.SIGCHLD}
PATIENCE_S = 10
LONG_ENOUGH_S = 30
LONGEST_PAUSE_S = 30
PR_SET_PDEATHSIG = 1
Words = Sequence[str | Path]


def watch(web: Words, worker: Words) -> int:
    """Run both until one of us is told to end or the web server ends; returns the web server's exit status."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    site, helper = begin(web), begin(worker)
    begun, pause = time.monotonic(), 1
    try:
        while site.poll() is None:
            if helper.poll() is not None:
                pause = 1 if time.monotonic() - begun > LONG_ENOUGH_S else min(2 * pause, LONGEST_PAUSE_S)
                say(f"The worker ended (status {helper.returncode}); starting it again in {pause} s.")
            told = signal.sigtimedwait(SIGNALS, pause if helper.poll() is not None else 3600)
            if told is not None and told.si_signo in ENDING:
                return 0
            if told is None and helper.poll() is not None:
                helper, begun = begin(worker), time.monotonic()
        return site.returncode
    finally:
        end([site, helper])


def begin(words: Words) -> subprocess.Popen[bytes]:
    """Start one of the two in a session of its own: Ctrl-C is told to us, and we tell them."""
    return subprocess.Popen(
        [str(word) for word in words],
        cwd=paths.ROOT,
        start_new_session=True,
        preexec_fn=_prepare,  # noqa: PLW1509  (this process has no threads)
    )


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, wait, and make them."""
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + PATIENCE_S
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _prepare() -> None:
    """In the new process: hear signals again, and end when we are gone, however we went."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
