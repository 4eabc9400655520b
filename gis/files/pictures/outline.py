"""What a file is and where its picture ends, told by its bytes alone; nothing is decoded.

Each walker goes from part to part as the format says. A file that goes on after its picture is two files at once and
refused, but for what cameras put there: further pictures, a short film, a maker's own trailer, a little padding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gis.files.pictures.faults import FaultyError

NO_PICTURE: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"Rar!", "RAR"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7z"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"8BPS", "PSD"),
    (b"\x1aE\xdf\xa3", "WebM"),
    (b"\0\0\x01\0", "ICO"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(\?xml|svg|!doctype|html|script|!--)", re.IGNORECASE)
SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
ACTIVE = re.compile(rb"<(?:script|html|svg|iframe|\?php)[\s>]", re.IGNORECASE)
JPEG_PART = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker inside the scan: neither a stuffed byte, nor a restart, nor padding."""
HEIF_STILLS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
HEIF_FILMS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
PADDING = 64
HEAD = 4_096
"""So far into a file a browser or a reader of PDF looks for what it might be."""
ZIP_END = b"PK\x05\x06"
ZIP_TAIL = 65_557


def kind_of(data: bytes) -> str:
    """JPEG, PNG, WebP or HEIC, after looking through the whole file; raises FaultyError."""
    if not data:
        raise FaultyError("empty")
    kind, walk = _walker(data)
    end = walk(data)
    rest = data[end:]
    if rest.strip(b"\0\r\n ") and not (len(rest) <= PADDING or (kind == "JPEG" and _of_a_camera(rest))):
        raise FaultyError("two-in-one", kind=kind, left=len(rest), what=_name(rest))
    _nothing_beside(data, kind)
    return kind


def _walker(data: bytes) -> tuple[str, Callable[[bytes], int]]:
    """The format of the first bytes and who walks it; raises FaultyError for everything else, by its name."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG", _jpeg_end
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG", _png_end
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP", _webp_end
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(_size(data, 0), 256), 4))}
        if data[8:12] in HEIF_FILMS:
            raise FaultyError("moving", kind="HEIC")
        if brands & HEIF_STILLS and b"avif" not in brands:
            return "HEIC", _heif_end
        raise FaultyError("other-kind", what="AVIF" if b"avif" in brands else "MP4")
    raise FaultyError("other-kind", what=_name(data))


def _name(data: bytes) -> str:
    """What bytes seem to be, for people; an empty text when nobody can tell."""
    if MARKUP.match(data[:HEAD]):
        return "SVG" if SVG.search(data[:HEAD]) else "HTML"
    known = next((name for sign, name in NO_PICTURE if data.startswith(sign)), "")
    if not known and data[4:8] == b"ftyp":
        known = "MP4"
    return known


def _size(data: bytes, at: int) -> int:
    """A 32-bit size, most significant byte first."""
    return int.from_bytes(data[at : at + 4], "big")


def _jpeg_end(data: bytes) -> int:
    """Behind the end marker of the first picture."""
    at = 2
    while True:
        found = data[at : at + 2]
        if len(found) < 2:
            raise FaultyError("truncated", kind="JPEG")
        if found[0] != 0xFF:
            raise FaultyError("broken", kind="JPEG")
        if found[1] == 0xFF:  # padding before a marker
            at += 1
        elif found[1] == 0xD9:
            return at + 2
        elif found[1] == 0xDA:
            scan = JPEG_PART.search(data, at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"))
            if scan is None:
                raise FaultyError("truncated", kind="JPEG")
            at = scan.start()
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))


def _png_end(data: bytes) -> int:
    """Behind the last chunk; a chunk of animation is refused."""
    at = 8
    while True:
        name = data[at + 4 : at + 8]
        if len(name) < 4:
            raise FaultyError("truncated", kind="PNG")
        if name == b"acTL":
            raise FaultyError("moving", kind="PNG")
        at += 12 + _size(data, at)
        if at > len(data):
            raise FaultyError("truncated", kind="PNG")
        if name == b"IEND":
            return at


def _webp_end(data: bytes) -> int:
    """Behind the RIFF container; a chunk of animation is refused."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise FaultyError("truncated", kind="WebP")
    at = 12
    while at < end:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name in {b"ANIM", b"ANMF"}:
            raise FaultyError("moving", kind="WebP")
        at += 8 + size + size % 2
    return end


def _heif_end(data: bytes) -> int:
    """Behind the last box; sizes that lead out of the file are a cut one."""
    at = 0
    while at < len(data):
        size, name = _size(data, at), data[at + 4 : at + 8]
        if size == 0:  # to the end of the file
            return len(data)
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8 or not name.isascii() or not name.strip().isalnum():
            return at
        if at + size > len(data):
            raise FaultyError("truncated", kind="HEIC")
        at += size
    return at


def _of_a_camera(rest: bytes) -> bool:
    """Whether what follows a JPEG is what cameras put there: pictures, a film of a second, a maker's trailer."""
    return rest.lstrip(b"\0")[:3] == b"\xff\xd8\xff" or b"ftyp" in rest[:PADDING] or rest[-4:] == b"SEFT"


def _nothing_beside(data: bytes, kind: str) -> None:
    """Refuse a picture that is an archive, a PDF or a page at the same time: readers of those look further in."""
    tail = data[-ZIP_TAIL:]
    at = tail.rfind(ZIP_END)
    if at >= 0 and len(tail) - at >= 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
        raise FaultyError("two-in-one", kind=kind, left=0, what="ZIP")
    if b"%PDF-" in data[:HEAD]:
        raise FaultyError("two-in-one", kind=kind, left=0, what="PDF")
    if ACTIVE.search(data[:HEAD]):
        raise FaultyError("two-in-one", kind=kind, left=0, what="HTML")
