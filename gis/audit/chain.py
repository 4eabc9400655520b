"""The arithmetic of the audit chain: what is signed, and how. Plain; no database.

An entry's mark is an HMAC over its number and all its words, so a row that the application did not write has none that
fits. A seal's head is an HMAC over the numbers and marks of its entries and over the head before it, so nothing can be
taken out, put in or exchanged without the key, which never lies in the database.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

MARK_BYTES = 16
"""A mark's length: 128 bits cannot be hit by trying."""


@cache
def key_name(key: str) -> str:
    """Which key it was, without telling it: 8 letters."""
    return hmac.new(key.encode(), b"wangge audit key", hashlib.sha256).hexdigest()[:8]


def mark(key: str, values: Sequence[Any]) -> bytes:
    """The mark of an entry's values."""
    return hmac.new(key.encode(), b"entry\0" + plain(values), hashlib.sha256).digest()[:MARK_BYTES]


def head(
    key: str, *, chain: str, number: int, before: bytes, sealed_at: datetime, entries: Iterable[int], marks: bytes
) -> bytes:
    """The head of a seal: what it holds, and all that was sealed before it."""
    values = [chain, number, before.hex(), sealed_at, list(entries), hashlib.sha256(marks).hexdigest()]
    return hmac.new(key.encode(), b"seal\0" + plain(values), hashlib.sha256).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two marks are alike."""
    return hmac.compare_digest(one, other)


def plain(values: Sequence[Any]) -> bytes:
    """One text for the same values, however a database writes numbers and orders keys."""
    return json.dumps(_told(list(values)), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _told(value: Any) -> Any:
    """A value as JSON that comes back alike: moments in UTC, numbers as texts."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return f"#{value}"
    if isinstance(value, float):
        number = Decimal(repr(value))
        return f"#{number.normalize() if number else Decimal(0):f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict):
        return {str(name): _told(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_told(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} cannot stand in the audit log")
