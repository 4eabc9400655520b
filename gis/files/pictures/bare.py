"""The proof that a picture carries nothing but its picture: every part is known and none can hold words or places.

The store asks it of every byte before it is kept, so no door can forget to remove what a camera wrote. Nothing is
decoded: a JPEG may have the parts that decoding needs, a WebP its pixels and their transparency, and both end with
their last part.
"""

from __future__ import annotations

from gis.files.pictures.outline import JPEG_PART

TABLES = {0xDB, 0xC4, 0xDD}
FRAMES = {0xC0, 0xC1, 0xC2}
JFIF_LENGTH = 16
"""A JFIF header of this length has no room for a small picture of its own."""
ALPHA = 0x10
WEBP_PARTS = {b"VP8 ", b"VP8L", b"ALPH"}


class NotBareError(ValueError):
    """A picture with a part that may say something: which one and where."""


def kind_of(data: bytes) -> str:
    """ "image/jpeg" or "image/webp" of a picture that is nothing else; raises NotBareError."""
    if data[:2] == b"\xff\xd8":
        _prove_jpeg(data)
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        _prove_webp(data)
        return "image/webp"
    raise NotBareError("neither JPEG nor WebP")


def _prove_jpeg(data: bytes) -> None:
    """Only tables, frames and scans between start and end."""
    at = 2
    while True:
        marker = data[at + 1] if data[at : at + 1] == b"\xff" and at + 1 < len(data) else -1
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xD9 and at + 2 == len(data):
            return
        if marker == 0xDA:
            scan = JPEG_PART.search(data, at + 2 + length)
            if scan is None:
                raise NotBareError("a scan without an end")
            at = scan.start()
        elif marker in TABLES | FRAMES or (
            marker == 0xE0 and length == JFIF_LENGTH and data[at + 4 : at + 8] == b"JFIF"
        ):
            at += 2 + length
        else:
            raise NotBareError(f"JPEG part {marker:#04x} at {at}")


def _prove_webp(data: bytes) -> None:
    """Only pixels and transparency, in a container that ends with them."""
    if 8 + int.from_bytes(data[4:8], "little") != len(data):
        raise NotBareError("a WebP of another length than it says")
    at = 12
    while at < len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"VP8X" and size == 10 and data[at + 8] & ~ALPHA == 0:
            pass
        elif name not in WEBP_PARTS:
            raise NotBareError(f"WebP part {name!r} at {at}")
        at += 8 + size + size % 2
    if at != len(data):
        raise NotBareError("a WebP part that is cut")
