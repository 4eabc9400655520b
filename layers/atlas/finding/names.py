"""Names that sound or look like what was typed, closest first: one look into the table that the database keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from layers.atlas.finding import asked

MOST = 300
ENOUGH = 3
"""Fewer than so many good names, and names with a slip of the finger count too."""
LIKE_ENOUGH = 0.45
SHORTEST_SLIP = 4

EXACT, BEGINS, SOUNDS, CONTAINS, SOUNDS_AT_FIRST, SOUNDS_WITHIN, SLIP = range(7)
"""How close a name is; a slip is 6 and up to 7, the less alike the more."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Words as they are compared, and how they may be read aloud."""

    plain: str
    pinyin: list[str]

    @property
    def latin(self) -> bool:
        """Whether no Chinese character is in them: then they may themselves be pinyin or initials."""
        return self.plain.isascii()


def sound_of(words: str) -> Sound:
    """Words as the database compares and reads them."""
    said = words.replace("ü", "v").replace("Ü", "v")
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT pinyin FROM atlas_readings(%s) ORDER BY 1", [[said]])
        return Sound(asked.plain(said), [row[0] for row in cursor.fetchall()])


def matching(words: str, *, slips: bool = True) -> dict[str, float]:
    """Names and how close they are to the words, closest and shortest first; at most MOST."""
    found: dict[str, float] = {}
    for way in dict.fromkeys([words, asked.other_numerals(words)]):
        sound = sound_of(way)
        if not sound.plain:
            continue
        for name, close in _alike(sound):
            found[name] = min(close, found.get(name, close))
        if slips and len(found) < ENOUGH:
            for name, close in _slips(sound):
                found.setdefault(name, close)
    return dict(sorted(found.items(), key=lambda pair: (pair[1], len(pair[0])))[:MOST])


LATIN = """
    SELECT name, min(close) FROM (
        SELECT name, CASE
            WHEN plain = %(words)s THEN 0
            WHEN plain LIKE %(first)s THEN 1
            WHEN pinyin = %(words)s OR initials = %(words)s THEN 2
            WHEN plain LIKE %(within)s THEN 3
            WHEN pinyin LIKE %(first)s OR initials LIKE %(first)s THEN 4
            WHEN length(%(words)s) > 2 THEN 5
        END AS close
        FROM atlas_name
        WHERE plain LIKE %(within)s OR pinyin LIKE %(within)s OR initials LIKE %(within)s
    ) AS met WHERE close IS NOT NULL GROUP BY name ORDER BY min(close), length(name), name LIMIT %(most)s
"""
CHINESE = """
    SELECT name, min(close) FROM (
        SELECT name, CASE
            WHEN plain = %(words)s THEN 0
            WHEN plain LIKE %(first)s THEN 1
            WHEN pinyin = ANY(%(sounds)s) THEN 2
            WHEN plain LIKE %(within)s THEN 3
            WHEN pinyin LIKE ANY(%(sounds_first)s) THEN 4
            ELSE 5
        END AS close
        FROM atlas_name
        WHERE plain LIKE %(within)s OR length(%(words)s) > 1 AND pinyin LIKE ANY(%(sounds_within)s)
    ) AS met GROUP BY name ORDER BY min(close), length(name), name LIMIT %(most)s
"""


def _alike(sound: Sound) -> list[tuple[str, float]]:
    """Names with the words in them, or which sound so. The words hold no sign that LIKE takes for another."""
    values: dict[str, Any] = {
        "words": sound.plain,
        "first": f"{sound.plain}%",
        "within": f"%{sound.plain}%",
        "sounds": sound.pinyin,
        "sounds_first": [f"{pinyin}%" for pinyin in sound.pinyin],
        "sounds_within": [f"%{pinyin}%" for pinyin in sound.pinyin],
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(LATIN if sound.latin else CHINESE, values)
        return [(name, float(close)) for name, close in cursor.fetchall()]


def _slips(sound: Sound) -> list[tuple[str, float]]:
    """Names that sound nearly so: a letter too many, too few, swapped or another one."""
    found: list[tuple[str, float]] = []
    for pinyin in sound.pinyin:
        if len(pinyin) < SHORTEST_SLIP:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, false)", [str(LIKE_ENOUGH)])
            cursor.execute(
                "SELECT name, max(word_similarity(%s, pinyin) + similarity(%s, pinyin)) / 2 AS alike FROM atlas_name "
                "WHERE %s <%% pinyin GROUP BY name ORDER BY alike DESC, length(name), name LIMIT 30",
                [pinyin, pinyin, pinyin],
            )
            found += [(name, SLIP + 1 - alike) for name, alike in cursor.fetchall()]
    return found


def known(pieces: Iterable[str], *, initials: bool = False) -> dict[str, list[str]]:
    """Which plain stretches of words are names, or sound like ones (or are their initials): stretch → names."""
    wanted = list(pieces)
    latin = [piece for piece in wanted if piece.isascii()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plain, name FROM atlas_name WHERE plain = ANY(%s) "
            "UNION SELECT pinyin, name FROM atlas_name WHERE pinyin = ANY(%s) "
            "UNION SELECT initials, name FROM atlas_name WHERE initials = ANY(%s)",
            [wanted, latin, latin if initials else []],
        )
        found: dict[str, list[str]] = {}
        for piece, name in cursor.fetchall():
            found.setdefault(piece, []).append(name)
        return found
