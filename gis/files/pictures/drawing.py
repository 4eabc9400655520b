"""A stranger's picture decoded and drawn anew: upright, in sRGB, no larger than a screen needs. Runs in the child."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from gis.files.pictures.faults import Caps, Drawn, FaultyError
from gis.files.pictures.outline import kind_of

LONGEST = 2_560
"""Pixels of a stored picture's longer side: a number plate across a street can still be read."""
THUMB = 480
QUALITY = 84
DECODERS = {"JPEG": "JPEG", "PNG": "PNG", "WebP": "WEBP", "HEIC": "HEIF"}
ORIENTATION = 0x0112
WHITE = (255, 255, 255)


def draw(data: bytes, caps: Caps) -> Drawn:
    """The picture anew and its small version; raises FaultyError. What the file says beside its pixels stays behind."""
    kind = kind_of(data)
    Image.MAX_IMAGE_PIXELS = None  # the caps below speak first, and in words
    if kind == "HEIC":
        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[DECODERS[kind]]) as found:
            _within(found.size, caps)
            return _drawn(found)
    except (FaultyError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise FaultyError("broken", kind=kind) from error
    except Exception as error:
        raise FaultyError("truncated" if "truncated" in str(error).lower() else "broken", kind=kind) from error


def _within(size: tuple[int, int], caps: Caps) -> None:
    """Refuse before decoding what would decode to too much, or shows nothing."""
    width, height = size
    if width > caps.side or height > caps.side or width * height > caps.pixels:
        raise FaultyError(
            "too-many-pixels", width=width, height=height, side=caps.side, megapixels=caps.pixels // 1_000_000
        )
    if width < caps.least or height < caps.least:
        raise FaultyError("too-few-pixels", width=width, height=height, least=caps.least)


def _drawn(found: Image.Image) -> Drawn:
    """From an opened file to two that are ours."""
    turned = found.getexif().get(ORIENTATION, 1)
    profile = found.info.get("icc_profile")
    found.draft("RGB", (LONGEST, LONGEST))  # a JPEG decodes to a half or a quarter of its sides at little cost
    found.load()
    picture = _shrinkable(found)
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    picture = ImageOps.exif_transpose(_alone(picture, turned))
    picture = _in_srgb(picture, profile)
    small = picture.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return Drawn(_encoded(picture), _encoded(small), *picture.size)


def _shrinkable(found: Image.Image) -> Image.Image:
    """In a mode that can be made smaller smoothly: RGB, RGBA or CMYK (for its profile); deep greys with eight bits."""
    picture = found
    if found.mode.startswith("I;16") or found.mode in {"I", "F"}:
        picture = found.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in {"RGB", "RGBA", "CMYK"}:
        return picture
    clear = "transparency" in found.info or picture.mode in {"LA", "PA", "La", "RGBa"}
    return picture.convert("RGBA" if clear else "RGB")


def _alone(picture: Image.Image, orientation: Any) -> Image.Image:
    """The pixels without what the file says of them, but for which way is up."""
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    clean.getexif()[ORIENTATION] = orientation if orientation in range(1, 9) else 1
    return clean


def _in_srgb(picture: Image.Image, profile: Any) -> Image.Image:
    """The colours as a screen without profiles shows them; a profile that cannot be read is left aside."""
    if isinstance(profile, bytes) and profile and picture.mode in {"RGB", "CMYK"}:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            turned = None
        if turned is not None:
            return turned
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _encoded(picture: Image.Image) -> bytes:
    """JPEG, or WebP where something shines through; made of the pixels and of nothing else."""
    clear = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    clean = Image.new("RGBA" if clear else "RGB", picture.size, None if clear else WHITE)
    clean.paste(picture if clear or picture.mode == "RGB" else picture.convert("RGB"))
    target = io.BytesIO()
    if clear:
        clean.save(target, "WEBP", quality=QUALITY, method=4)
    else:
        clean.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()
