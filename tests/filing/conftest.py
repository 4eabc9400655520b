"""Reading in this process: the child that reads apart has tests of its own, and a second of start-up each time."""

from pathlib import Path
from typing import Any

import pytest

from grids.filing.reading import read


@pytest.fixture(autouse=True)
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def here(path: Path, *, layer: str = "", encoding: str = "", waiting: Any = None) -> Any:
        return read(path, layer=layer, encoding=encoding)

    monkeypatch.setattr("grids.proposals.filing.read_apart", here)
