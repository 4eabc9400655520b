"""Which matters there are, for posts that are limited to some: apps above the ground say so when they start."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple


class Matter(NamedTuple):
    """A category by code, with its names."""

    code: str
    name_zh: str
    name_en: str


Source = Callable[[datetime], list[Matter]]
SOURCES: list[Source] = []


def offer(source: Source) -> None:
    """Add a list of matters; called from AppConfig.ready()."""
    SOURCES.append(source)


def matters(now: datetime) -> Mapping[str, Matter]:
    """Every matter there is now, by code, in the lists' own order."""
    return {matter.code: matter for source in SOURCES for matter in source(now)}
