"""What comes out of a stranger's picture: the picture, upright, and not one byte that the camera said."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from gis.files.pictures import Caps, FaultyError, bare, draw_apart, outline
from gis.files.pictures.apart import heard
from gis.files.pictures.drawing import LONGEST, THUMB, draw
from tests.files import photos

CAPS = Caps()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def near(found, wanted, far: int = 40) -> bool:
    return all(abs(one - other) <= far for one, other in zip(found[:3], wanted, strict=True))


@pytest.mark.parametrize("kind", photos.FORMATS)
def test_no_byte_of_position_or_words_is_left(kind):
    source = photos.photo(kind)
    assert photos.PLANTED in source
    assert b"exif" in source.lower()
    made = draw_apart(source, CAPS)
    for content in (made.full, made.thumb):
        assert bare.kind_of(content) == "image/jpeg"
        assert [word for word in photos.SAYS if word in content] == []
        again = opened(content)
        assert not again.getexif()
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (made.width, made.height) == (96, 64)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(orientation):
    """As Pillow itself turns it, whatever the format says about which way is up."""
    shown = photos.scene()
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, 1)
    turned = shown.copy()
    turned.getexif()[0x0112] = back
    turned = ImageOps.exif_transpose(turned)
    made = draw(photos.photo("jpeg", orientation=orientation, picture=turned, quality=95), CAPS)
    picture = opened(made.full).convert("RGB")
    assert picture.size == (96, 64)
    assert near(picture.getpixel((5, 5)), (20, 180, 40))
    assert near(picture.getpixel((90, 5)), (200, 30, 30))
    assert near(picture.getpixel((90, 60)), (30, 30, 200))


def test_large_photos_become_as_large_as_a_screen_and_small_ones_stay():
    made = draw(photos.photo(picture=photos.scene(4000, 3000)), CAPS)
    assert (made.width, made.height) == opened(made.full).size == (LONGEST, 1920)
    assert opened(made.thumb).size == (THUMB, 360)
    assert draw(photos.photo(picture=photos.scene(40, 20)), CAPS).width == 40


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("jpeg", "L"), ("jpeg", "CMYK"), ("png", "1"), ("png", "LA"), ("png", "P"), ("png", "RGBA"), ("webp", "RGBA")],
)
def test_every_mode_of_colour_comes_out_as_one_a_browser_shows(kind, mode):
    picture = photos.scene(mode=mode)
    target = io.BytesIO()
    picture.save(target, photos.FORMATS[kind])
    made = draw(target.getvalue(), CAPS)
    assert opened(made.full).mode == "RGB"
    if mode not in {"1", "L", "LA"}:
        assert near(opened(made.full).getpixel((90, 5)), (200, 30, 30), 60)


def test_deep_greys_keep_their_light():
    picture = Image.new("I;16", (64, 64), 0x8000)
    target = io.BytesIO()
    picture.save(target, "PNG")
    assert near(opened(draw(target.getvalue(), CAPS).full).convert("RGB").getpixel((9, 9)), (128, 128, 128), 3)


def test_what_shines_through_stays_so():
    picture = photos.scene(mode="RGBA")
    picture.putalpha(Image.new("L", picture.size, 120))
    made = draw(photos.photo("png", picture=picture), CAPS)
    assert bare.kind_of(made.full) == bare.kind_of(made.thumb) == "image/webp"
    assert abs(opened(made.full).getpixel((9, 9))[3] - 120) < 8
    assert not any(word in made.full for word in photos.SAYS)


def test_colours_of_another_profile_are_brought_to_srgb():
    """A profile that names red what sRGB calls green: drawn without it, the colours would be swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(profile[row : row + 4]): row for row in range(132, 132 + 12 * profile[131], 12)}
    red, green = (slice(at[name] + 4, at[name] + 8) for name in (b"rXYZ", b"gXYZ"))
    profile[red], profile[green] = profile[green], profile[red]
    target = io.BytesIO()
    photos.scene().save(target, "JPEG", icc_profile=bytes(profile), quality=95)
    found = opened(draw(target.getvalue(), CAPS).full).getpixel((90, 5))
    assert found[1] > 120 > found[0]


def test_a_profile_that_fits_no_picture_is_left_aside():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for wrong in (profile, b"nonsense", profile[:200]):
        target = io.BytesIO()
        photos.scene().save(target, "JPEG", icc_profile=wrong)
        assert near(opened(draw(target.getvalue(), CAPS).full).getpixel((90, 5)), (200, 30, 30))


REFUSED = {
    "empty": (b"", "empty", ""),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "other-kind", "SVG"),
    "bare svg": (b" \n<svg onload='alert(1)'/>", "other-kind", "SVG"),
    "page": (b"<!DOCTYPE html><html><body>", "other-kind", "HTML"),
    "gif": (photos.moving("gif"), "other-kind", "GIF"),
    "archive": (photos.zip_bytes(), "other-kind", "ZIP"),
    "pdf": (b"%PDF-1.7\n", "other-kind", "PDF"),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "other-kind", "MP4"),
    "avif": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "other-kind", "AVIF"),
    "text": (b"just words", "other-kind", ""),
    "animated PNG": (photos.moving("apng"), "moving", ""),
    "animated WebP": (photos.moving("webp"), "moving", ""),
    "HEIC film": (b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1", "moving", ""),
    "archive behind": (photos.photo("jpeg") + photos.zip_bytes(), "two-in-one", "ZIP"),
    "archive behind PNG": (photos.photo("png") + photos.zip_bytes(), "two-in-one", "ZIP"),
    "page behind": (photos.photo("webp") + b"<script>" * 20, "two-in-one", ""),
    "PDF inside": (photos.photo("jpeg", comment=b"%PDF-1.4 /JavaScript"), "two-in-one", "PDF"),
    "script inside": (photos.photo("jpeg", comment=b"<script>alert(1)</script>"), "two-in-one", "HTML"),
    "one pixel": (photos.photo("png", picture=photos.scene(1, 1)), "too-few-pixels", ""),
    "20,000 pixels": (photos.png_claiming(20_000, 20_000), "too-many-pixels", ""),
    "a long strip": (photos.png_claiming(40_000, 20), "too-many-pixels", ""),
    "pixels that are not there": (photos.png_claiming(2_000, 2_000), "truncated", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_photo_is_told(name):
    content, code, what = REFUSED[name]
    with pytest.raises(FaultyError) as caught:
        draw(content, CAPS)
    assert caught.value.code == code
    assert not what or caught.value.values["what"] == what


@pytest.mark.parametrize("kind", photos.FORMATS)
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_photo_cut_anywhere_is_told(kind, share):
    source = photos.photo(kind)
    with pytest.raises(FaultyError) as caught:
        draw(source[: int(len(source) * share)], CAPS)
    assert caught.value.code in {"truncated", "broken"}


def test_what_cameras_put_behind_a_photo_is_no_second_file():
    """A second picture (its depth), a short film, a maker's trailer: the photo is taken, none of that is."""
    film = b"\0\0\0\x18ftypmp42" + b"\0" * 400
    for rest in (photos.photo("jpeg"), film, b"\0" * 30, b"maker" * 30 + b"SEFT"):
        made = draw(photos.photo("jpeg") + rest, CAPS)
        assert photos.PLANTED not in made.full
        assert b"ftyp" not in made.full


@settings(max_examples=50)
@given(st.sampled_from(sorted(photos.FORMATS)), st.data())
def test_changed_bytes_give_a_picture_or_a_reason(kind, data):
    """Whatever stands in a file: either something that is proved bare comes out, or one of the sentences."""
    from gis.files.wording import SENTENCES

    source = bytearray(SOURCES.setdefault(kind, photos.photo(kind)))
    for _change in range(data.draw(st.integers(1, 6))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = draw(bytes(source), Caps(pixels=4_000_000))
    except FaultyError as fault:
        told = fault.code
    else:
        assert bare.kind_of(made.full) == bare.kind_of(made.thumb)
        assert photos.PLANTED not in made.full
        return
    assert told in SENTENCES


SOURCES: dict[str, bytes] = {}


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_the_store_takes_nothing_that_says_something(kind):
    """The proof is the store's own: a photo as it came, or one with a single part added, is not bare."""
    made = draw(photos.photo(kind), CAPS).full
    with pytest.raises(bare.NotBareError):
        bare.kind_of(photos.photo(kind))
    with pytest.raises(bare.NotBareError):
        bare.kind_of(made[:2] + b"\xff\xfe\x00\x06note" + made[2:])
    for wrong in (made + b"\0", made[:-1], b"", b"\xff\xd8", photos.photo("png")):
        with pytest.raises(bare.NotBareError):
            bare.kind_of(wrong)
    assert outline.kind_of(made) == "JPEG"


def test_a_bomb_ends_the_child_alone_and_its_memory_is_bounded():
    """48 million pixels in a small file, with a memory in which they have no room: told, and this process goes on."""
    bomb = io.BytesIO()
    Image.new("RGB", (8_000, 6_000), "white").save(bomb, "PNG", compress_level=1)
    with pytest.raises(FaultyError) as caught:
        draw_apart(bomb.getvalue(), Caps(memory_mb=220))
    assert caught.value.code in {"too-much-memory", "reader-died"}


@pytest.mark.parametrize("told", [b"", b'{"code": "", "full": 9, "thumb": 9, "width": 1, "height": 1}\nshort'])
def test_a_child_that_died_in_the_middle_gave_nothing(told):
    with pytest.raises(FaultyError, match="reader-died"):
        heard(told)
