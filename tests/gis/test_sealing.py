"""Personal data is sealed: nothing of it shows, it opens only in its own row, and old keys stay readable."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gis.shared import sealing
from gis.shared.checks import personal_data_can_be_sealed

AES = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(bytes(range(1, 33))).decode()
SM4 = base64.urlsafe_b64encode(bytes(range(16))).decode()
TEXTS = st.text(min_size=1, max_size=60)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS, settings.HASH_KEY, settings.HASH_OLD_KEYS = [f"k1:aes:{AES}"], "h" * 50, []


@pytest.mark.parametrize("key", [f"k1:aes:{AES}", f"national:sm4:{SM4}"])
def test_what_is_sealed_opens_again_and_does_not_show(settings, key):
    settings.FIELD_KEYS = [key]

    @hypothesis_settings(max_examples=50)
    @given(text=TEXTS)
    def opens(text):
        sealed = sealing.seal(text, what="name 1")
        assert sealing.unseal(sealed, what="name 1") == text
        assert sealing.key_of(sealed) == key.split(":")[0]
        assert len(text.encode()) < 4 or text.encode() not in sealed
        assert sealing.seal(text, what="name 1") != sealed

    opens()


def test_texts_of_like_lengths_seal_to_one_length():
    assert len({len(sealing.seal("1" * n, what="phone")) for n in range(1, 16)}) == 1


def test_nothing_stays_nothing():
    assert sealing.seal("", what="name") == b""
    assert sealing.unseal(b"", what="name") == ""


@pytest.mark.parametrize("at", range(0, 47, 5))
def test_a_changed_byte_is_found(at):
    sealed = bytearray(sealing.seal("张三", what="name 1"))
    sealed[at] ^= 1
    with pytest.raises(sealing.UnsealError) as error:
        sealing.unseal(bytes(sealed), what="name 1")
    assert "张三" not in str(error.value)


def test_a_value_of_another_row_does_not_open():
    with pytest.raises(sealing.UnsealError, match="moved"):
        sealing.unseal(sealing.seal("张三", what="name 1"), what="name 2")


@pytest.mark.parametrize("value", [b"\x01", "张三".encode(), b"13800138000", b"\x01\x02k1" + bytes(43), b"\x02" * 60])
def test_what_was_never_sealed_is_told(value):
    with pytest.raises(sealing.UnsealError):
        sealing.unseal(value, what="name 1")


def test_a_new_key_seals_and_the_old_one_still_opens(settings):
    old = sealing.seal("张三", what="name")
    settings.FIELD_KEYS = [f"k2:aes:{OTHER}", f"k1:aes:{AES}"]
    assert sealing.key_of(sealing.seal("张三", what="name")) == "k2" == sealing.present()
    assert sealing.unseal(old, what="name") == "张三"
    settings.FIELD_KEYS = [f"k2:aes:{OTHER}"]
    with pytest.raises(sealing.UnsealError, match="'k1', which is not in FIELD_KEYS"):
        sealing.unseal(old, what="name")
    settings.FIELD_KEYS = [f"k1:aes:{OTHER}"]  # the name is right, the key is not
    with pytest.raises(sealing.UnsealError, match="does not open"):
        sealing.unseal(old, what="name")


def test_fingerprints_hang_on_their_key_and_on_what_they_are_of(settings):
    one = sealing.fingerprint("13800138000", what="phone")
    assert one == sealing.fingerprint("13800138000", what="phone")
    assert one != sealing.fingerprint("13800138000", what="name")
    assert one != sealing.fingerprint("13800138001", what="phone")
    settings.HASH_KEY, settings.HASH_OLD_KEYS = "new" * 20, ["h" * 50]
    assert one != sealing.fingerprint("13800138000", what="phone")
    assert one in sealing.fingerprints("13800138000", what="phone")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], "FIELD_KEYS is not set"),
        (["k1:aes:short"], "not base64 of 32 bytes"),
        (["k1:rot13:" + AES], "none of aes, sm4"),
        (["k 1:aes:" + AES], "its name must be"),
        (["k1:aes:" + AES, "k1:aes:" + OTHER], "each name once"),
    ],
)
def test_wrong_keys_are_told_by_the_check_without_telling_them(settings, keys, said):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match=said):
        sealing.seal("张三", what="name")
    (told,) = personal_data_can_be_sealed()
    assert said in told.msg
    assert not any(secret in told.msg for secret in (AES, "short"))


def test_a_missing_key_of_the_look_up_is_told(settings):
    settings.HASH_KEY = ""
    assert [told.id for told in personal_data_can_be_sealed()] == ["wangge.E008"]
    with pytest.raises(ImproperlyConfigured, match="HASH_KEY"):
        sealing.fingerprint("1", what="phone")
