"""So many pictures are drawn at once on this machine, whatever the number of processes: memory stays bounded."""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from gis.files.store import root
from gis.shared.errors import Unavailable

WAIT_S = 20.0


@contextmanager
def slot() -> Iterator[None]:
    """Wait for a turn; raises Unavailable when there is none for long. A process that dies gives its turn back.

    A lock of a file knows neither "any of these" nor an end of waiting, while locks that know both (semaphores, a pipe
    of tokens) keep the turn of a process that died. So each file is waited for by a thread, and the first one counts.
    """
    files: list[IO[str]] = [(root() / f"slot-{n}").open("w") for n in range(max(1, settings.FILES_AT_ONCE))]
    turn = next((file for file in files if _taken_at_once(file)), None)
    if turn is not None:
        for file in files:
            if file is not turn:
                file.close()
    else:
        turn = _Waiting(files).first()
    if turn is None:
        raise Unavailable(_("Very many pictures are coming in. Nothing was lost; please try again in a moment."))
    with turn:
        yield


def _taken_at_once(file: IO[str]) -> bool:
    """Whether a file was free, and is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Waiting:
    """Threads that wait for one file each; those that come later, or too late, give theirs back at once."""

    def __init__(self, files: list[IO[str]]) -> None:
        """Begin to wait."""
        self._deciding, self._over = threading.Lock(), threading.Event()
        self._turn: IO[str] | None = None
        for file in files:
            threading.Thread(target=self._wait, args=(file,), name="waits-for-a-turn", daemon=True).start()

    def first(self) -> IO[str] | None:
        """The first file that came free; None when none did for long."""
        self._over.wait(WAIT_S)
        with self._deciding:
            self._over.set()
            return self._turn

    def _wait(self, file: IO[str]) -> None:
        """One thread's work."""
        fcntl.flock(file, fcntl.LOCK_EX)
        with self._deciding:
            if not self._over.is_set():
                self._turn = file
                self._over.set()
                return
        file.close()
