"""So many pictures are drawn at once on this machine, whatever the number of processes: memory stays bounded."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext as _

from gis.files.store import root
from gis.shared.errors import Unavailable

WAIT_S = 20.0
LOOK_EVERY_S = 0.05


@contextmanager
def slot() -> Iterator[None]:
    """Wait for a turn; raises Unavailable when there is none for long. A process that dies gives its turn back.

    Asked again and again, for a lock of a file knows neither "any of these" nor an end of waiting; locks that know both
    (semaphores, a pipe of tokens) keep the turn of a process that died.
    """
    end = time.monotonic() + WAIT_S
    while True:
        for number in range(max(1, settings.FILES_AT_ONCE)):
            with (root() / f"slot-{number}").open("w") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if time.monotonic() > end:
            raise Unavailable(_("Very many pictures are coming in. Nothing was lost; please try again in a moment."))
        time.sleep(LOOK_EVERY_S)
