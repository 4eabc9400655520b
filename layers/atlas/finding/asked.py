"""What somebody typed into the search box, taken apart. Plain text."""

import re
import unicodedata

LONGEST = 60
LONGEST_PIECE = 24
MOST_PIECES = 7
SIGNS = "零一二三四五六七八九"
COUNTED = "号|栋|幢|单元|组|期|院|楼|座|巷|弄|网格|村"
NUMERAL = re.compile(rf"([一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])(?={COUNTED})")
FIGURE = re.compile(rf"(\d{{1,2}})(?={COUNTED})")


FULL_WIDTH = {0xFF01 + at: chr(0x21 + at) for at in range(94)} | {0x3000: " "}


def clean(words: str) -> str:
    """One line without signs that cannot be printed, Latin signs of one width, no longer than anybody needs."""
    words = words.translate(FULL_WIDTH)
    return " ".join("".join(sign for sign in words if sign.isprintable() or sign.isspace()).split())[:LONGEST].strip()


def plain(words: str) -> str:
    """As names are compared: without case, width, accents, spaces and marks; the twin of atlas_plain in SQL."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", words) if not "\u0300" <= sign <= "\u036f")
    folded = unicodedata.normalize("NFKC", bare).lower()
    return "".join(sign for sign in folded if (sign.isascii() and sign.isalnum()) or _is_chinese(sign))


def _is_chinese(sign: str) -> bool:
    """Whether it is a Chinese character."""
    return "\u3400" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" or "\U00020000" <= sign <= "\U0003ffff"


def other_numerals(words: str) -> str:
    """三号楼 for 3号楼 and 3号楼 for 三号楼; the words themselves when there is nothing to write otherwise."""
    written = NUMERAL.sub(lambda match: str(_number(match[1])), words)
    return written if written != words else FIGURE.sub(lambda match: _numeral(int(match[1])), words)


def _number(numeral: str) -> int:
    """From 一 to 九十九."""
    tens, ten, ones = numeral.rpartition("十")
    return (SIGNS.index(tens) if tens else 1) * 10 * bool(ten) + (SIGNS.index(ones) if ones else 0)


def _numeral(number: int) -> str:
    """From 1 to 99; 0 stays a figure."""
    tens, ones = divmod(number, 10)
    words = ("" if not tens else "十" if tens == 1 else f"{SIGNS[tens]}十") + (SIGNS[ones] if ones else "")
    return words or str(number)


def stretches(words: str) -> list[str]:
    """All stretches of plain words that might be a name, at least two signs long or the rest of the words."""
    length = len(words)
    return sorted({words[a:b] for a in range(length) for b in range(a + 2, min(length, a + LONGEST_PIECE) + 1)})


def cover(words: str, known: set[str]) -> list[list[str]]:
    """Ways to read plain words as names in a row: known ones, and perhaps a rest at the end; fewest pieces first.

    A single piece is no way: it is found as it stands.
    """
    best: list[list[str] | None] = [[], *[None] * len(words)]
    ways: list[list[str]] = []
    for start in range(len(words)):
        before = best[start]
        if before is None or len(before) >= MOST_PIECES:
            continue
        if before and words[start:] not in known:
            ways.append([*before, words[start:]])
        for end in range(start + 2, min(len(words), start + LONGEST_PIECE) + 1):
            piece = words[start:end]
            after = best[end]
            if piece in known and (after is None or len(before) + 1 < len(after)):
                best[end] = [*before, piece]
    whole = best[len(words)]
    if whole is not None and len(whole) > 1:
        return [whole, *sorted(ways, key=lambda way: (len(way[-1]), len(way)))]
    return sorted(ways, key=lambda way: (len(way[-1]), len(way)))
