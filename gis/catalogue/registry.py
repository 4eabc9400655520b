"""Which lists come from which file of data/catalogues; apps register theirs when they start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gis.catalogue.models import CatalogueRow


def as_it_is(row: Mapping[str, str]) -> dict[str, Any]:
    """The columns beside code, names and order, unchanged."""
    return dict(row)


@dataclass(frozen=True)
class List:
    """A catalogue table and its first contents; `convert` turns the file's own columns into field values."""

    model: type[CatalogueRow]
    file: str
    convert: Callable[[Mapping[str, str]], dict[str, Any]]


LISTS: list[List] = []


def register(
    model: type[CatalogueRow], file: str, convert: Callable[[Mapping[str, str]], dict[str, Any]] = as_it_is
) -> None:
    """Add a list; called from AppConfig.ready()."""
    LISTS.append(List(model, file, convert))
