"""Where residents live, for cells of every kind: kept by the process, in a file where they are many, proven fresh.

It is named by the ground, the areas asked about and by how exactly the asker may know; it holds until a statement
touches residents, or a figure begins or ends to count.
"""

import hashlib
import logging
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL

from grids import mapped
from grids.ground import database_key
from grids.small_figures import RULE
from layers.hotspots import snapshots
from layers.hotspots.bases import SHARED_FROM
from layers.hotspots.held import OLDEST
from layers.hotspots.queries import Ranks, Whole, residents_below
from layers.hotspots.snapshots import UNSEEN, State
from layers.hotspots.statistics import Floats

FORM = 3
"""Raised when another release reads residents otherwise: it must not take the file of the one before."""

MOST_KEPT = 6
MOST_FILES = 6
log = logging.getLogger(__name__)
# Residents change by an edit that the state could not see, or because a figure begins or ends to count.
CHANGED = SQL("""
SELECT pg_relation_filenode('hotspots_touched') <> %s
       OR EXISTS (SELECT FROM hotspots_touched WHERE residents AND {unseen})
""").format(unseen=UNSEEN)
STEADY = """
SELECT greatest(max(valid_from) FILTER (WHERE valid_from <= %s), max(valid_until) FILTER (WHERE valid_until <= %s)),
       least(min(valid_from) FILTER (WHERE valid_from > %s), min(valid_until) FILTER (WHERE valid_until > %s))
FROM grids_population
"""


@dataclass(frozen=True)
class Span:
    """As of which snapshot residents were read, from when until when no figure begins or ends, and when that was."""

    state: State
    since: datetime | None
    until: datetime | None
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def covers(self, moment: datetime) -> bool:
        """Whether no figure begins or ends between a moment and that for which it was read."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)

    def holds(self, moment: datetime) -> bool:
        """Whether what was read for it is what would be read now for a moment; changes are not told for ever."""
        if not self.covers(moment):
            return False
        if datetime.now(UTC) - self.made_at >= OLDEST:
            return False
        with connection.cursor() as cursor:
            cursor.execute(CHANGED, [self.state.filenode, *self.state.values])
            return not cursor.fetchone()[0]


@dataclass(frozen=True)
class Living:
    """(n, 2) where residents live, lon lat, (n,) how many, and (n,) the rank of the tier that they were counted by."""

    xy: Floats
    count: Floats
    rank: Ranks
    span: Span

    def from_rank(self, rank: int) -> tuple[Floats, Floats, Whole]:
        """Where and how many, of tiers from a rank down; and who lives somewhere in larger areas."""
        fits = self.rank >= rank
        larger = self.count[~fits]
        return self.xy[fits], self.count[fits], Whole(int((larger > 0).sum()), int(larger.sum()))


def span_of(moment: datetime) -> tuple[Span, bool]:
    """The span of a moment, to be taken before anything is read, and whether this transaction changed something."""
    state, changed = snapshots.now()
    with connection.cursor() as cursor:
        cursor.execute(STEADY, [moment] * 4)
        since, until = cursor.fetchone()
    return Span(state, since, until), changed


def living(ground: str | None, tops: list[uuid.UUID], moment: datetime, *, exact: bool) -> Living:
    """Where residents live below some areas of a ground; kept where the ground has a name."""
    key = (database_key(), ground, tuple(sorted(tops)), exact)
    path = _path(key)
    for known in _at_hand(key, path if ground else None):
        if known.span.holds(moment):
            _keep(key, known)
            return known
    span, changed = span_of(moment)
    found = Living(*residents_below(tops, moment, exact=exact), span)
    if ground is not None and not changed:
        _keep(key, found)
        if len(found.count) >= SHARED_FROM and span.covers(timezone.now()):  # a past one would take the place of now's
            _write(path, found)
    return found


def forget() -> None:
    """Let go of what this process keeps; files stay."""
    with _lock:
        _kept.clear()


_kept: OrderedDict[tuple[tuple[object, ...], datetime | None], Living] = OrderedDict()
"""By name and by the first moment for which they hold: what was once does not take the place of what is now."""
_lock = Lock()


def _at_hand(key: tuple[object, ...], path: Path | None) -> Iterator[Living]:
    """What this process keeps under a name, the last used first, and then what a neighbour has left."""
    with _lock:
        own = [found for (name, _since), found in reversed(_kept.items()) if name == key]
    yield from own
    shared = _mapped(path) if path else None
    if shared is not None:
        yield shared


def _keep(key: tuple[object, ...], found: Living) -> None:
    name = (key, found.span.since)
    with _lock:
        _kept[name] = found
        _kept.move_to_end(name)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def _path(key: tuple[object, ...]) -> Path:
    """In the private folder of this database; another rule for small figures makes another file."""
    name = hashlib.blake2b(repr((FORM, RULE, key)).encode(), digest_size=16).hexdigest()
    return Path(settings.GROUND_DIR) / str(key[0]) / f"{name}.living"


def _write(path: Path, found: Living) -> None:
    """Leave it for the other workers."""
    span = asdict(found.span)
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in span.items()}
    try:
        mapped.private(path.parent)
        with mapped.alone(path.parent):
            mapped.write(path, {"xy": found.xy, "count": found.count, "rank": found.rank}, told)
            mapped.keep_newest(path.parent, "*.living", MOST_FILES)
    except OSError as error:  # a full disk, a folder that is not ours: then every worker keeps its own
        log.warning("where residents live cannot be shared: %s", error)


def _mapped(path: Path) -> Living | None:
    """What a neighbour has left; None when there is none that is sound."""
    try:
        arrays, told = mapped.read(path)
        since, until, made_at = (told[name] and datetime.fromisoformat(told[name]) for name in _MOMENTS)
        span = Span(State(**told["state"]), since, until, made_at)
        return Living(arrays["xy"], arrays["count"], arrays["rank"], span)
    except FileNotFoundError:
        return None
    except (OSError, mapped.Unsound, KeyError, TypeError, ValueError) as error:
        log.warning("where residents live is left aside: %s", error)
        path.unlink(missing_ok=True)
        return None


_MOMENTS = ("since", "until", "made_at")
