"""The one place where personal data is sealed, opened and looked up; its keys lie in the environment, never in a table.

A sealed value is: 1 (form), length of the key's name, the name, 12 random bytes, then ciphertext and tag. `what` names
the field and the row it belongs to and is bound into the tag, so a value copied to another row does not open there.
Lengths are rounded up to 16 bytes. Equal texts seal differently; who must find "the same caller" asks `fingerprint`.

FIELD_KEYS is a list of name:algorithm:key, the first seals, all open. `CIPHERS` is where 国密 (SM4-GCM is there) or a
hardware module takes its place: an algorithm is a function from key bytes to an object with `encrypt` and `decrypt`.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FORM = 1
NONCE_BYTES = 12
TAG_BYTES = 16
BLOCK = 16
FINGERPRINT_BYTES = 32
KEY_BYTES = {"aes": 32, "sm4": 16}


class UnsealError(ValueError):
    """A value that no key of ours opens: its key is gone from FIELD_KEYS, or somebody changed or moved it."""


class Sealer(Protocol):
    """What an algorithm must do: authenticated encryption with associated data, tag at the end."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The text; raises InvalidTag."""


class Sm4Gcm:
    """SM4 in GCM, with the same two methods as AESGCM."""

    def __init__(self, key: bytes) -> None:
        """16 bytes of key."""
        self.key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        made = Cipher(algorithms.SM4(self.key), modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(associated_data or b"")
        return made.update(data) + made.finalize() + made.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The text; raises InvalidTag."""
        mode = modes.GCM(nonce, data[-TAG_BYTES:])
        read = Cipher(algorithms.SM4(self.key), mode).decryptor()
        read.authenticate_additional_data(associated_data or b"")
        return read.update(data[:-TAG_BYTES]) + read.finalize()


CIPHERS: dict[str, Callable[[bytes], Sealer]] = {"aes": AESGCM, "sm4": Sm4Gcm}


@lru_cache(maxsize=8)
def _ring(told: tuple[str, ...]) -> dict[str, Sealer]:
    """Keys by name, the first one first; raises ImproperlyConfigured saying which part is wrong, never the key."""
    ring: dict[str, Sealer] = {}
    for place, entry in enumerate(told, 1):
        name, _, rest = entry.partition(":")
        algorithm, _, text = rest.partition(":")
        where = f"FIELD_KEYS, key {place}"
        if not (name.isascii() and name.isalnum() and len(name) <= 16) or name in ring:
            raise ImproperlyConfigured(f"{where}: its name must be 1 to 16 letters and digits, each name once.")
        if algorithm not in CIPHERS:
            raise ImproperlyConfigured(f"{where} ({name}): {algorithm!r} is none of {', '.join(CIPHERS)}.")
        try:
            key = base64.urlsafe_b64decode(text.encode())
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES[algorithm]:
            raise ImproperlyConfigured(f"{where} ({name}): the key is not base64 of {KEY_BYTES[algorithm]} bytes.")
        ring[name] = CIPHERS[algorithm](key)
    return ring


def ring() -> dict[str, Sealer]:
    """All keys by name; the first one seals. Raises ImproperlyConfigured without one."""
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("FIELD_KEYS is not set: `make run` makes one for a clone (docs/personal-data.md).")
    return _ring(tuple(settings.FIELD_KEYS))


def present() -> str:
    """The name of the key that seals."""
    return next(iter(ring()))


def seal(text: str, *, what: str) -> bytes:
    """A text sealed with the present key for one field of one row; an empty text stays empty bytes."""
    if not text:
        return b""
    name, sealer = next(iter(ring().items()))
    nonce = os.urandom(NONCE_BYTES)
    plain = text.encode() + b"\x80"
    plain += bytes(-len(plain) % BLOCK)
    return bytes([FORM, len(name)]) + name.encode() + nonce + sealer.encrypt(nonce, plain, what.encode())


def unseal(value: bytes | memoryview, *, what: str) -> str:
    """The text that was sealed for this field of this row; raises UnsealError (which names the key, not the text)."""
    value = bytes(value)
    if not value:
        return ""
    name = key_of(value)
    sealer = ring().get(name)
    if sealer is None:
        raise UnsealError(f"{what}: sealed with the key {name!r}, which is not in FIELD_KEYS.")
    start = 2 + len(name)
    nonce, data = value[start : start + NONCE_BYTES], value[start + NONCE_BYTES :]
    try:
        plain = sealer.decrypt(nonce, data, what.encode())
    except (InvalidTag, ValueError):
        raise UnsealError(f"{what}: does not open with the key {name!r}: changed, or moved from elsewhere.") from None
    return plain.rstrip(b"\0").removesuffix(b"\x80").decode()


def key_of(value: bytes | memoryview) -> str:
    """The name of the key that sealed a value; raises UnsealError for what is no sealed value."""
    value = bytes(value)
    if len(value) < 2 or value[0] != FORM or len(value) < 2 + value[1] + NONCE_BYTES + BLOCK + TAG_BYTES:
        raise UnsealError("This is not a sealed value.")
    return value[2 : 2 + value[1]].decode("ascii", "replace")


def fingerprint(text: str, *, what: str) -> bytes:
    """32 bytes that are the same for the same text, and tell nothing of it to who lacks HASH_KEY."""
    return _fingerprint(_hash_keys()[0], text, what)


def fingerprints(text: str, *, what: str) -> list[bytes]:
    """The same under the present and under all former keys: what to look for until `reseal` has run."""
    return [_fingerprint(key, text, what) for key in _hash_keys()]


def keyed_digest(*parts: bytes) -> bytes:
    """32 bytes that stand for some bytes which may hold personal data, so that nobody can try them out."""
    made = hmac.new(_hash_keys()[0].encode(), b"digest\0", hashlib.sha256)
    for part in parts:
        made.update(part)
    return made.digest()


def _fingerprint(key: str, text: str, what: str) -> bytes:
    """One key's fingerprint."""
    return hmac.new(key.encode(), f"fingerprint\0{what}\0{text}".encode(), hashlib.sha256).digest()


def _hash_keys() -> list[str]:
    """The present key and those before it; raises ImproperlyConfigured without one."""
    if not settings.HASH_KEY:
        raise ImproperlyConfigured("HASH_KEY is not set: `make run` makes one for a clone (docs/personal-data.md).")
    return [settings.HASH_KEY, *settings.HASH_OLD_KEYS]
