"""Turns at drawing pictures: whoever waits gets the first that comes free, and is told when none does."""

import fcntl
import threading

import pytest

from gis.files import slots, store
from gis.shared.errors import Unavailable

LONG = 120
"""Seconds that nothing here takes, however busy the machine is."""


def held(number: int):
    """A turn that another process has."""
    file = (store.root() / f"slot-{number}").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_who_waits_takes_the_first_turn_that_comes_free(settings, monkeypatch) -> None:
    settings.FILES_AT_ONCE = 2
    monkeypatch.setattr(slots, "WAIT_S", LONG)
    with slots.slot(), slots.slot():
        pass
    first, second = held(0), held(1)
    inside, leave = threading.Event(), threading.Event()

    def draw() -> None:
        with slots.slot():
            inside.set()
            leave.wait(120)

    drawing = threading.Thread(target=draw)
    drawing.start()
    assert not inside.wait(0.2)
    second.close()  # as when that process died
    assert inside.wait(120)
    leave.set()
    drawing.join()
    first.close()
    with slots.slot(), slots.slot():
        pass


def test_who_waits_for_long_is_told_and_keeps_nobody_waiting(settings, monkeypatch) -> None:
    settings.FILES_AT_ONCE = 1
    monkeypatch.setattr(slots, "WAIT_S", 0.01)
    other = held(0)
    with pytest.raises(Unavailable), slots.slot():
        pass
    other.close()
    monkeypatch.setattr(slots, "WAIT_S", LONG)
    with slots.slot():
        pass
