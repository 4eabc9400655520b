"""What a process keeps: made once however many threads ask, bounded, and never what failed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.shared.kept import Kept

THREADS = 8


def test_many_threads_that_ask_at_once_make_it_once_and_hold_nobody_else_up():
    kept: Kept[str, object] = Kept(4)
    together, going, go_on = Barrier(THREADS + 1), Event(), Event()
    made: list[str] = []

    def slow() -> object:
        made.append("slow")
        going.set()
        assert go_on.wait(120)
        return object()

    def ask(_number: int) -> object:
        together.wait(120)
        return kept.get("slow", slow)

    with ThreadPoolExecutor(THREADS) as threads:
        asked = [threads.submit(ask, number) for number in range(THREADS)]
        together.wait(120)
        assert going.wait(120)
        assert kept.get("other", lambda: 7) == 7, "another key does not wait"
        go_on.set()
        told = {id(one.result(120)) for one in asked}
    assert (len(told), made) == (1, ["slow"])


def test_many_threads_over_many_keys_never_get_anothers_thing():
    kept: Kept[int, list[int]] = Kept(3)
    together = Barrier(THREADS)

    def ask(seed: int) -> bool:
        together.wait(120)
        return all(kept.get(key, lambda key=key: [key]) == [key] for key in [(seed * n) % 7 for n in range(2_000)])

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(ask, range(1, THREADS + 1)))
    assert len(kept) <= 3


def test_what_fails_is_told_and_made_again():
    kept: Kept[str, int] = Kept(2)

    def fail() -> int:
        raise LookupError("not now")

    with pytest.raises(LookupError):
        kept.get("a", fail)
    assert len(kept) == 0
    assert (kept.get("a", lambda: 3), kept.get("a", fail)) == (3, 3)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 4))
def test_the_last_few_that_were_asked_for_stay(keys: list[int], most: int):
    kept: Kept[int, int] = Kept(most)
    for key in keys:
        assert kept.get(key, lambda key=key: key) == key
    recent = list(dict.fromkeys(reversed(keys)))[:most]
    assert {key for key, _thing in kept.made()} == set(recent)
    kept.clear()
    assert not kept.made()
