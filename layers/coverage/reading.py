"""Where everybody lives at a moment, read by column: kept by each process, and in a file that all workers map.

It holds for the time in which no area and no figure begins or ends, until somebody writes one (the edits that
triggers write down) or renames what is counted by (age bands, tiers). Moments of the same time share one reading.
"""

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max
from django.utils import timezone

from gis.shared.kept import Kept
from grids import mapped
from grids.discretion import part_of
from grids.ground import database_key
from grids.models import AgeBand, Tier
from grids.small_figures import RULE
from layers.coverage.columns import gathered
from layers.coverage.everybody import Everybody
from layers.coverage.models import Edit, Settlement

SHARED_FROM = 20_000
"""From so many boundaries on what was read is worth a file."""
MOST_FILES = 2
FORM = 1
"""Raised when another release reads or replaces figures otherwise: it must not take the file of the one before."""
log = logging.getLogger(__name__)
Key = tuple[Any, ...]

SPAN = """
SELECT greatest(max(valid_from) FILTER (WHERE valid_from <= %s), max(valid_until) FILTER (WHERE valid_until <= %s)),
       least(min(valid_from) FILTER (WHERE valid_from > %s), min(valid_until) FILTER (WHERE valid_until > %s))
FROM (SELECT valid_from, valid_until FROM grids_boundary
      UNION ALL SELECT valid_from, valid_until FROM grids_population) AS held
"""


@dataclass(frozen=True)
class Reading:
    """Everybody, and from when until when that holds."""

    everybody: Everybody
    since: datetime | None
    until: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether it was so at a moment."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


_kept: Kept[Key, Reading] = Kept(3)


def age_bands() -> list[AgeBand]:
    """The age bands that figures are counted by, in their order."""
    return list(AgeBand.objects.order_by("order", "code"))


def edits() -> Key:
    """What changes with every edit that can be seen; one with a smaller number may end later, so they are counted.

    A settlement forgets the edits that it has seen, so it is part of it.
    """
    found = Edit.objects.aggregate(last=Max("id"), count=Count("id"))
    newest = Settlement.objects.order_by("-id").values_list("pk", flat=True).first()
    return newest, found["last"], found["count"]


def span(moment: datetime) -> tuple[datetime | None, datetime | None]:
    """From when until when no area and no figure begins or ends, round a moment."""
    with connection.cursor() as cursor:
        cursor.execute(SPAN, [moment] * 4)
        since, until = cursor.fetchone()
    return since, until


def reading(moment: datetime, bands: list[AgeBand]) -> tuple[Everybody, Key]:
    """Everybody at a moment, with figures by these age bands, and what names this reading."""
    tiers = tuple(Tier.objects.order_by("pk").values_list("pk", "rank", "code", "grid_level"))
    counted_by = tuple((band.pk, part_of(band)) for band in bands)
    version = (str(connection.settings_dict["NAME"]), *edits(), tiers, counted_by)
    met = next((one for one in _kept.made() if one[0][:-1] == version and one[1].holds(moment)), None)
    if met is not None:
        return _kept.get(met[0], lambda: met[1]).everybody, met[0]
    since, until = span(moment)
    key = (*version, since)
    return _kept.get(key, lambda: Reading(_read(key, moment, until, bands), since, until)).everybody, key


def _read(key: Key, moment: datetime, until: datetime | None, bands: list[AgeBand]) -> Everybody:
    """From a file that a neighbour has left, or from the database; what is so now is left for the neighbours."""
    if not _many():
        return gathered(moment, bands)
    folder = Path(settings.GROUND_DIR) / database_key()
    name = repr((FORM, RULE, key[1:])).encode()
    path = folder / f"{hashlib.blake2b(name, digest_size=16).hexdigest()}.people"
    found = _mapped(path)
    if found is not None:
        return found
    if until is not None and until <= timezone.now():
        return gathered(moment, bands, _older(folder))
    try:
        mapped.private(folder)
        with mapped.alone(folder):
            found = _mapped(path)  # a neighbour may have made it while we waited
            if found is not None:
                return found
            made = gathered(moment, bands, _older(folder))
            arrays = {one.name: getattr(made, one.name) for one in fields(Everybody)}
            mapped.write(path, arrays, {"rule": repr((FORM, RULE))})
            mapped.keep_newest(folder, "*.people", MOST_FILES)
    except OSError as error:  # a full disk, a folder that is not ours: then every worker keeps its own
        log.warning("where everybody lives cannot be shared: %s", error)
        return gathered(moment, bands)
    return _mapped(path) or made


def _many() -> bool:
    """Whether there are enough boundaries to be worth a file; fewer are read faster than a file is found."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT FROM grids_boundary LIMIT %s) AS counted", [SHARED_FROM])
        return bool(cursor.fetchone()[0] >= SHARED_FROM)


def _mapped(path: Path) -> Everybody | None:
    """The columns of a file; None when there is none that is sound, or that was made by the rules of today."""
    try:
        arrays, told = mapped.read(path)
        if told.get("rule") != repr((FORM, RULE)):
            return None
        return Everybody(**{one.name: arrays[one.name] for one in fields(Everybody)})
    except FileNotFoundError:
        return None
    except (OSError, mapped.Unsound, KeyError) as error:
        log.warning("where everybody lives is left aside: %s", error)
        path.unlink(missing_ok=True)
        return None


def _older(folder: Path) -> Everybody | None:
    """The newest that was read before: points inside most areas are the same, and most figures."""
    dated = []
    for path in folder.glob("*.people"):
        with suppress(FileNotFoundError):  # a neighbour keeps the newest only
            dated.append((path.stat().st_mtime_ns, path))
    return _mapped(max(dated)[1]) if dated else None
