"""Counts of people on their way out of the house: small ones are not told to who has no duty there. Plain."""

from typing import overload

LEAST = 5
"""Of fewer people a count could point at somebody."""
FEW = f"<{LEAST}"
Told = int | str


@overload
def told(count: None, *, exact: bool) -> None: ...
@overload
def told(count: int, *, exact: bool) -> Told: ...
def told(count: int | None, *, exact: bool) -> Told | None:
    """A count as it may be told: itself, "<5" for one to four, None for unknown; nobody (0) points at nobody."""
    return FEW if count is not None and not exact and 0 < count < LEAST else count
