"""A file of another system's tickets: everything is found out, every bad row told, and the good ones stored at once."""

import csv
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from gis.shared.sheets import cell
from gis.shared.tables import few_collections
from layers.tickets.actions.bulk import Intake
from layers.tickets.actions.reporting import current_categories
from layers.tickets.actions.storing import Sender
from layers.tickets.doubts import Doubt, doubts_of
from layers.tickets.imports import Manner, Part, Survey, parts
from layers.tickets.models import Category, Channel
from layers.tickets.tables import Sheet

MOST_TOLD = 1000
"""So many bad rows are told one by one; the file of the refused rows holds them all."""
MOST_NEW_CATEGORIES = 200
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Told:
    """What was (or would be) done with a file."""

    rows: int
    form: str
    stored: int = 0
    already: int = 0
    placeless: int = 0
    bad: int = 0
    twice: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    """The first lines of which nothing is stored, with their reasons, in the file's order."""
    unknown: list[tuple[str, int]] = field(default_factory=list)
    """Words of the file for categories that the catalogue does not know, with how often each occurs."""
    categories: list[str] = field(default_factory=list)
    """The categories added to the catalogue for it."""
    doubts: list[Doubt] = field(default_factory=list)
    county: str = ""
    """The name of the provisional county made for it, if one was."""

    @property
    def left_out(self) -> int:
        """How many rows are not stored for a fault of theirs."""
        return self.placeless + self.bad


class Refusals:
    """The rows of which nothing is stored: the first are remembered, all are written to a file where one is named.

    That file can be mended and sent again: it has the columns of the one that came, and line and reason before them.
    """

    def __init__(self, sheet: Sheet, path: Path | None = None) -> None:
        """Nothing is refused yet."""
        self.sheet, self.path = sheet, path
        self.first: list[tuple[int, str]] = []
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        """Open the file."""
        if self.path is not None:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([_("line"), _("reason"), *map(cell, self.sheet.columns)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()

    def add(self, part: Part, reasons: list[tuple[int, str]]) -> None:
        """What is refused of a part."""
        reasons = sorted(reasons)
        self.first += reasons[: MOST_TOLD - len(self.first)]
        if self._writer is not None and reasons:
            there = dict(part.records)
            self._writer.writerows([line, reason, *map(cell, there.get(line, []))] for line, reason in reasons)


@few_collections()
@transaction.atomic
def receive(
    sheet: Sheet,
    manner: Manner,
    told_before: Survey,
    *,
    source: str,
    now: datetime,
    actor: Any = None,
    words: Mapping[str, str] | None = None,
    within: Collection[UUID] | None = None,
    new_categories: bool = False,
    commit: bool = False,
    progress: Progress | None = None,
    refused_to: Path | None = None,
) -> Told:
    """Store the good rows of a file that `survey` read, or with commit=False find out what would happen.

    All of it in one transaction: whatever ends it on the way, nothing of the file is stored. `words` are the sender's
    own for categories, `within` the areas to which rows must belong (None: all). `progress` is told how many rows are
    done and may raise to stop it.
    """
    manner = replace(manner, form=told_before.form)
    known = category_words(now)
    known |= {word.casefold(): code for word, code in (words or {}).items() if code in set(known.values())}
    told = Told(told_before.rows, told_before.form)
    unknown = [(word, number) for word, number in told_before.words.most_common() if word.casefold() not in known]
    told.unknown = [(word, number) for word, number in unknown if word]
    if new_categories:
        told.categories = add_categories([word for word, _number in told.unknown], known, now)
    told.doubts = doubts_of(sheet, manner, told_before, now=now)
    done = 0
    sender = Sender(channel=Channel.IMPORT, account=actor, source=source)
    with Refusals(sheet, refused_to) as refusals, Intake(sender, now=now, commit=commit, within=within) as intake:
        for part in parts(sheet, manner, known):
            intake.take(part.columns)
            found, intake.outcome.refused = intake.outcome.refused, []
            told.placeless += len(part.placeless)
            told.bad += len(part.refused) + len(found)
            told.twice += part.twice
            reasons = [(line, _("no position")) for line in part.placeless]
            refusals.add(part, [*part.refused, *found, *reasons])
            done += len(part.records)
            if progress is not None:
                progress(done, told.rows)
        outcome = intake.finish(refused=told.left_out)
    told.refused = refusals.first
    told.stored, told.already = outcome.stored, outcome.already
    if not commit:
        transaction.set_rollback(True)
    return told


def category_words(now: datetime) -> dict[str, str]:
    """Words that stand for categories (code and both names, any case) → code."""
    words: dict[str, str] = {}
    for code, row in current_categories(now).items():
        words |= {word.casefold(): code for word in (row.name_en, row.name_zh, code) if word}
    return words


def add_categories(wanted: list[str], known: dict[str, str], now: datetime) -> list[str]:
    """Add a catalogue row for each word of the file that has none, and extend `known` with them."""
    added = []
    after = max((row.order for row in Category.objects.all()), default=0)
    for number, word in enumerate(sorted(wanted)[:MOST_NEW_CATEGORIES]):
        if word.casefold() in known:  # the same word in other letters came before
            continue
        stem = slugify(word).replace("-", "_")[:50] or "category"
        code = stem
        taken = set(known.values())
        while code in taken:
            code = f"{stem}_{len(taken)}"
        Category.objects.create(
            code=code, name_zh=word[:120], name_en=word[:120], order=after + 1 + number, valid_from=now
        )
        known[word.casefold()] = code
        added.append(word)
    return added
