"""Photos as cameras write them, and files that only look like photos: made here, never taken."""

import io
import struct
import zlib
from functools import cache

import pillow_heif
from PIL import Image, ImageCms

PLANTED = b"ZXQVCAMERA"
"""Stands in every text that a camera may write; 34.052200 N, 111.333300 E stands in the position."""
GPS = {1: "N", 2: (34.0, 3.0, 7.92), 3: "E", 4: (111.0, 19.0, 59.88), 29: "2026:03:05"}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="34,3.132N" exif:UserComment="'
    + PLANTED
    + b'"/></rdf:RDF></x:xmpmeta>'
)
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
SAYS = [PLANTED, *b"Exif EXIF eXIf xmp XMP adobe http ICC_PROFILE ICCP iCCP tEXt 2026".split()]
"""What no stored byte may contain."""


def exif(orientation: int = 1) -> Image.Exif:
    """What a camera says: its make, its owner's words, where it stood, and which way is up."""
    told = Image.Exif()
    told[0x010F] = PLANTED.decode()
    told[0x0112] = orientation
    told[0x8298] = f"{PLANTED.decode()} 138 0013 8000"
    told[0x8825] = GPS
    return told


def scene(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """Red above, blue below, with a green corner top left: so that a turn can be seen."""
    picture = Image.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 30, 200), (0, height // 2, width, height))
    picture.paste((20, 180, 40), (0, 0, width // 4, height // 4))
    return picture.convert(mode)


@cache
def srgb() -> bytes:
    """A profile; made once, because it carries the second in which it was made."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def photo(kind: str = "jpeg", *, orientation: int = 1, picture: Image.Image | None = None, **more: object) -> bytes:
    """A photo with position, words, profile and XMP in it."""
    target = io.BytesIO()
    chosen = picture or scene()
    profile = srgb() + PLANTED
    if kind == "heic":
        made = pillow_heif.from_pillow(chosen)
        made.save(target, quality=90, exif=exif(orientation).tobytes(), xmp=XMP, **more)
        return target.getvalue()
    if kind in {"jpeg", "png"}:
        more = {"comment": PLANTED, **more} if kind == "jpeg" else more
    chosen.save(target, FORMATS[kind], exif=exif(orientation), xmp=XMP, icc_profile=profile, **more)
    return target.getvalue()


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_claiming(width: int, height: int) -> bytes:
    """A small file that says it is large: a grey PNG whose pixels pack to next to nothing."""
    packed = zlib.compress(b"\0" * 65536)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    )


def moving(kind: str) -> bytes:
    """Three pictures one after the other."""
    target = io.BytesIO()
    others = [scene().rotate(90 * turn) for turn in (1, 2)]
    scene().save(target, {"apng": "PNG", "webp": "WEBP", "gif": "GIF"}[kind], save_all=True, append_images=others)
    return target.getvalue()


def zip_bytes() -> bytes:
    """A small archive."""
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return target.getvalue()
