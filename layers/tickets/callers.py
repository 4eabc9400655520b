"""What a caller leaves: name, number, address. Checked, put into one form, and masked; plain, and never logged."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_NAME = 80
MOST_ADDRESS = 200
PHONE_DIGITS = (5, 15)
HIDDEN = "****"
BETWEEN = frozenset(" -()./·–—\t")
"""Signs that people write between the digits of a number."""


class CallerError(ValueError):
    """A value that cannot be right; `field` is name, phone or address, `code` what is wrong with it."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reported a matter; each part may be empty. The text of it shows nothing, so that no log can."""

    name: str = ""
    phone: str = ""
    address: str = ""

    def __repr__(self) -> str:
        """Which parts there are, not what they say."""
        return f"Caller({', '.join(part for part in PARTS if getattr(self, part))})"

    def __bool__(self) -> bool:
        """Whether anything was left at all."""
        return bool(self.name or self.phone or self.address)


PARTS = ("name", "phone", "address")


def checked(caller: Caller) -> Caller:
    """The same in one form: widths folded, ends trimmed, the number as digits; raises CallerError."""
    name = _line(caller.name, "name", MOST_NAME)
    address = _line(caller.address, "address", MOST_ADDRESS)
    if name.isdigit() and len(name) >= PHONE_DIGITS[0]:
        raise CallerError("name", "digits")
    return Caller(name, one_phone(caller.phone), address)


def one_phone(text: str) -> str:
    """A number as digits, abroad with + before it, the country's own prefix left out; raises CallerError."""
    folded = unicodedata.normalize("NFKC", text).strip()
    kept = "".join(sign for sign in folded if sign not in BETWEEN)
    if not kept:
        return ""
    if not re.fullmatch(r"\+?[0-9]+", kept):
        raise CallerError("phone", "signs")
    kept = re.sub(r"^(\+|00)86", "", kept) or kept
    if re.fullmatch(r"86(1[3-9]\d{9})", kept):
        kept = kept[2:]
    if kept.startswith("00"):
        kept = "+" + kept[2:]
    low, high = PHONE_DIGITS
    if not low <= len(kept.lstrip("+")) <= high:
        raise CallerError("phone", "length")
    return kept


def _line(text: str, field: str, most: int) -> str:
    """One line of printable text."""
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(folded) > most:
        raise CallerError(field, "long")
    if not folded.isprintable():
        raise CallerError(field, "signs")
    return folded


def masked(caller: Caller) -> Caller:
    """What people see who may know that somebody reported, not who: 张**, 138****1234."""
    return Caller(
        name=f"{caller.name[0]}**" if caller.name else "",
        phone=masked_phone(caller.phone),
        address=HIDDEN if caller.address else "",
    )


def masked_phone(phone: str) -> str:
    """Ends of a long number; of a shorter one less, so that four digits at least stay hidden."""
    digits = phone.lstrip("+")
    if not digits:
        return ""
    ends = (3, 4) if len(digits) >= 11 else (2, 2) if len(digits) >= 8 else (0, 1)
    return digits[: ends[0]] + HIDDEN + digits[-ends[1] :]


SIGN = r"[ ./·()\-\u2010-\u2015\u200b-\u200d\u2060\ufeff]{0,3}"
"""What people write between the digits of a number, so that it can be read, or so that no machine reads it."""
MOBILE = rf"(?<!\d)(?:\+?86{SIGN})?1[3-9]\d(?:{SIGN}\d){{8}}(?!\d)"
LANDLINE = rf"(?<!\d)\(?0\d{{2,3}}{SIGN}\d{{3,4}}{SIGN}\d{{4}}(?!\d)"
SHORT = r"(?<![\d.-])(?!(?:19|20)\d{6}(?!\d))\d{7,8}(?![\d.-])"
LONG = r"\d{9,}[Xx]?"
SIGNS = re.compile(SIGN.replace("{0,3}", "+"))
NUMBERS = re.compile(f"{MOBILE}|{LANDLINE}|{SHORT}|{LONG}")
"""Numbers that may be somebody's: telephones, identity cards, accounts. Days (20260305) are not."""

WIDE = {ord(wide): plain for wide, plain in zip("０１２３４５６７８９－　", "0123456789- ", strict=True)}


def personal_in(text: str, caller: Caller = Caller(), *, besides: str = "") -> str:
    """Which part of a person a text shows: number, name, address of this caller, or "". `besides` is no number."""
    folded = unicodedata.normalize("NFKC", text)
    if NUMBERS.search(folded.replace(besides, " ") if besides else folded):
        return "number"
    close = "".join(folded.split()).casefold()
    bare = SIGNS.sub("", close)
    for part in ("phone", "name", "address"):
        told = "".join(getattr(caller, part).split()).casefold()
        if len(told) > 1 and (told in close or (part != "address" and SIGNS.sub("", told) in bare)):
            return "number" if part == "phone" else part
    return ""


def without_numbers(text: str) -> str:
    """The text with every number that may be somebody's hidden."""
    return NUMBERS.sub(HIDDEN, text.translate(WIDE))
