"""What may be wrong with a picture, as words of a fixed list and numbers; `gis.files.wording` says them to people."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int


class FaultyError(Exception):
    """A file that is not taken: `code` says why, `values` what was found and what is allowed."""

    def __init__(self, code: str, **values: Value) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code = code
        self.values: dict[str, Value] = values


@dataclass(frozen=True, slots=True)
class Caps:
    """How large a picture may be before anything of it is decoded, and what decoding it may cost."""

    pixels: int = 110_000_000
    side: int = 16_000
    least: int = 16
    memory_mb: int = 1_280
    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture drawn anew, with its small version; both JPEG or both WebP."""

    full: bytes
    thumb: bytes
    width: int
    height: int
