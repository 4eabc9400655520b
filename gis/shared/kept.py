"""What a process made and keeps for the next question, by key: the most recently used few, made once, by any thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock, RLock
from typing import Generic, TypeVar, cast

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Slot:
    """A place for one thing: whoever comes first makes it, the others wait for it and for nothing else."""

    __slots__ = ("lock", "made", "thing")

    def __init__(self) -> None:
        self.lock, self.made, self.thing = RLock(), False, cast("object", None)


class Kept(Generic[K, V]):
    """At most so many things by key; what was not asked for longest goes first.

    A key must name what the thing depends on (a version, a moment, bytes), never where it lies in memory: an `id()` is
    given to the next object once its owner is gone.
    """

    def __init__(self, most: int) -> None:
        """Nothing yet."""
        self._most = most
        self._lock = Lock()
        self._slots: OrderedDict[K, _Slot] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The thing of this key; made now if it was not, once however many threads ask. What fails is not kept."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot()
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        with slot.lock:
            if not slot.made:
                try:
                    slot.thing = make()
                except BaseException:
                    with self._lock:
                        if self._slots.get(key) is slot:
                            del self._slots[key]
                    raise
                slot.made = True
            return cast("V", slot.thing)

    def made(self) -> list[tuple[K, V]]:
        """All that is there now, in no order that means anything."""
        with self._lock:
            return [(key, cast("V", slot.thing)) for key, slot in self._slots.items() if slot.made]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._slots.clear()

    def __len__(self) -> int:
        """How many are kept or being made."""
        return len(self._slots)
