"""The limits of a child process that reads what strangers sent: memory, time, no core, no new rights, and it dies with
its parent."""

import ctypes
import os
import resource
import signal
import sys

DIE_WITH_PARENT = 1
NO_NEW_RIGHTS = 38
"""Numbers of Linux's prctl: PR_SET_PDEATHSIG and PR_SET_NO_NEW_PRIVS."""


def take_limits(*, memory_mb: int, seconds: int, parent: int) -> None:
    """Called first in the child, before anything is read: what breaks a limit ends this process alone.

    `parent` is the process that started it: had that died before this call, nobody would end the child later.
    """
    memory = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl = ctypes.CDLL(None).prctl
    prctl(DIE_WITH_PARENT, signal.SIGKILL)
    prctl(NO_NEW_RIGHTS, 1, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent died before its child knew")
