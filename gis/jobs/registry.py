"""Which kinds of job there are: `@job("area-import") def run(run, **args)` in an app's `tasks.py`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

Work = Callable[..., dict[str, Any] | None]
Upkeep = Callable[[datetime], object]
KINDS: dict[str, Work] = {}
UPKEEP: list[Upkeep] = []


def job(kind: str) -> Callable[[Work], Work]:
    """Register the work of a kind: called with a `Run` and the job's args; what it returns is the job's result.

    A worker may be killed at any moment and the work done again from the start: it must therefore be idempotent
    (name what it makes after `run.id`).
    """

    def keep(work: Work) -> Work:
        other = KINDS.setdefault(kind, work)
        if (other.__module__, other.__qualname__) != (work.__module__, work.__qualname__):
            raise ValueError(f"The kind of job {kind!r} is taken by {other.__module__}.{other.__qualname__}.")
        return work

    return keep


def work_of(kind: str) -> Work:
    """The work of a kind; raises LookupError when no app of this release brings it."""
    return KINDS[kind]


def upkeep(work: Upkeep) -> Upkeep:
    """Register what the worker does three times a minute, given this instant: quick when there is nothing to do."""
    UPKEEP.append(work)
    return work
