"""Corrections of the past: what was told wrongly is told anew, and the earlier telling is kept and readable.

A correction is one change of its own kind. It holds the invariants at every moment of its period: the period is cut
where anything near changed, and the shape is planned in each part among what stood then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from shapely import MultiPolygon

from gis.audit.actions import record
from gis.shared.errors import Invalid, Missing, Refused, Stale
from gis.shared.geojson import mapping
from gis.shared.geometry import area_m2
from grids.drafts import Draft, prepare, touching
from grids.fields import tidy_name, wrong_fields
from grids.ledger import OF_ONE_VERSION, as_stored, guarded, lock, next_version
from grids.models import Boundary, BoundaryChange, withdraw
from grids.models.area import BoundaryQuerySet
from grids.permissions import demand, may
from grids.retelling import Piece, pieces, steps

WORDS = ("code", "name_zh", "name_en", "walled")
MOST_STEPS = 200
"""A period in which more than this changed around an area is corrected in parts."""


@dataclass(frozen=True)
class News:
    """What a row says anew: words by field, a shape."""

    words: Mapping[str, str] = field(default_factory=dict)
    shape: MultiPolygon | None = None
    own: bool = True
    """The area that is corrected; a neighbour only gains nodes."""

    def same(self, other: "News") -> bool:
        """Whether two parts of a period say the same."""
        if (self.shape is None) != (other.shape is None) or dict(self.words) != dict(other.words):
            return False
        return self.shape is None or other.shape is None or self.shape.equals_exact(other.shape, 0)

    def changes(self, row: Boundary) -> bool:
        """Whether it says anything else than a row."""
        if any(getattr(row, name) != word for name, word in self.words.items()):
            return True
        return self.shape is not None and not self.shape.equals_exact(row.shape, 0)


@dataclass(frozen=True)
class Correction:
    """What a correction would do: the rows it tells anew, by primary key, and what stands against it."""

    rows: Mapping[UUID, Boundary]
    edits: Mapping[UUID, Sequence[Piece[News]]]
    drafts: Sequence[tuple[datetime, Draft]] = ()

    def problems(self) -> list[dict[str, Any]]:
        """What is wrong, with places, and since when; each thing once."""
        told: dict[str, dict[str, Any]] = {}
        for moment, draft in self.drafts:
            for problem in draft.problems():
                told.setdefault(problem["id"], problem | {"from": moment})
        return list(told.values())

    @property
    def sound(self) -> bool:
        """Whether nothing forbids it at any moment."""
        return all(draft.plan.sound for _moment, draft in self.drafts)

    @property
    def changed(self) -> dict[UUID, list[Piece[News]]]:
        """The edits that say something else than their row, by row."""
        kept = {
            pk: [edit for edit in edits if edit.news and edit.news.changes(self.rows[pk])]
            for pk, edits in self.edits.items()
        }
        return {pk: edits for pk, edits in kept.items() if edits}

    def neighbours(self, area: UUID) -> list[str]:
        """Names of the areas that only gain nodes."""
        return sorted({self.rows[pk].name for pk in self.changed if self.rows[pk].area_id != area})


def told_at(area: UUID, version: int) -> Boundary:
    """The row of an area with this version; raises Missing, or Stale when it was withdrawn since."""
    rows = Boundary.objects.filter(area=area).select_related("tier")
    found = rows.filter(version=version).first()
    if found is not None:
        return found
    newest = rows.order_by("-valid_from").first()
    if newest is None:
        raise Missing(_("There is no such area."), code="no-area")
    raise Stale(
        _("The history of “%(name)s” was corrected in the meantime. Look at it again.") % {"name": newest.name},
        code="stale-history",
        version=newest.version,
        geometry=mapping(newest.shape),
    )


def plan_correction(
    row: Boundary, *, since: datetime, until: datetime | None, words: Mapping[str, str], shape: MultiPolygon | None
) -> Correction:
    """What telling a period anew would do, beginning with a row of the area; reads, never writes.

    Raises Invalid when the period lies outside the area's life or too much happened in it.
    """
    own = _own(row, since, until)
    rows: dict[UUID, Boundary] = {told.pk: told for told in own}
    edits: dict[UUID, list[Piece[News]]] = {}
    drafts: list[tuple[datetime, Draft]] = []
    if shape is None:
        for told in own:
            edits[told.pk] = [Piece(since, until, News(words))]
        return Correction(rows, edits)
    for step in steps(since, until, _instants(row, own, shape, since, until)):
        told = next(one for one in own if one.valid_until is None or step.since < one.valid_until)
        parent = _at(told.parent_id, step.since) if told.parent_id else None
        draft = prepare(
            shape=shape, area=row.area_id, tier=row.tier, parent=parent, current=told, moment=step.since
        )  # fmt: skip
        drafts.append((step.since, draft))
        news = News(words, draft.plan.geometry)
        edits.setdefault(told.pk, []).append(Piece(step.since, step.until, news))
        for area, geometry in draft.plan.noded.items():
            noded = draft.standing[area]
            rows[noded.pk] = noded
            edits.setdefault(noded.pk, []).append(Piece(step.since, step.until, News(shape=geometry, own=False)))
    return Correction(rows, edits, drafts)


def correct_past(
    *,
    area_id: UUID,
    version: int,
    since: datetime | None = None,
    until: datetime | None = None,
    words: Mapping[str, str] | None = None,
    shape: MultiPolygon | None = None,
    reason: str,
    actor: Any,
    now: datetime,
    change_id: UUID | None = None,
) -> BoundaryChange:
    """Tell a period of an area's past anew: other words, another shape, or both; the reason is kept with it.

    `version` names the row that was wrong; without `since` and `until` its whole period is corrected, up to the
    present and on when it still holds. Raises Stale, Refused, Missing, Invalid (with places) or Conflict.
    """
    reason = tidy_name(reason)[:500]
    if not reason:
        needed = _("Say why the past is corrected.")
        raise Invalid(needed, code="no-reason", fields={"reason": needed})
    row = told_at(area_id, version)
    with guarded():
        lock([row.county_id], top=shape is not None)
        row = told_at(area_id, version)
        since, until = period_of(row, since, until, now=now)
        wanted = wanted_words(row, words or {})
        for told in _own(row, since, until):
            demand_correcting(actor, told, words=bool(wanted), shape=shape is not None, now=now)
        planned = plan_correction(row, since=since, until=until, words=wanted, shape=shape)
        demand_sound(planned, row, since=since, until=until, words=wanted)
        account = actor if getattr(actor, "pk", None) else None
        change = BoundaryChange(
            kind=BoundaryChange.Kind.CORRECTION, reason=reason, account=account, actor_name=str(actor)[:150],
            recorded_at=now, effective_at=since,
        )  # fmt: skip
        if change_id is not None:
            change.pk = change_id
        change.save(force_insert=True)
        _tell_anew(planned, change)
        period = {"from": since.isoformat(), "until": until.isoformat() if until else None}
        detail = {"change": str(change.pk), "words": sorted(wanted), "shape": shape is not None} | period
        record(actor=actor, verb="area.correct", subject=area_id, now=now, detail=detail)
    return change


def preview(
    *,
    area_id: UUID,
    version: int,
    since: datetime | None = None,
    until: datetime | None = None,
    words: Mapping[str, str] | None = None,
    shape: MultiPolygon | None = None,
    actor: Any,
    now: datetime,
) -> dict[str, Any]:
    """What `correct_past` would do with the same arguments; writes nothing."""
    row = told_at(area_id, version)
    since, until = period_of(row, since, until, now=now)
    wanted = wanted_words(row, words or {})
    for told in _own(row, since, until):
        demand_correcting(actor, told, words=bool(wanted), shape=shape is not None, now=now)
    planned = plan_correction(row, since=since, until=until, words=wanted, shape=shape)
    drawn = planned.drafts[0][1].plan.geometry if planned.drafts else None
    return {
        "sound": planned.sound,
        "problems": planned.problems(),
        "geometry": mapping(drawn) if drawn is not None else None,
        "area_m2": {
            "before": area_m2(row.shape),
            "after": area_m2(drawn) if drawn is not None and drawn.is_valid else area_m2(row.shape),
        },
        "noded": planned.neighbours(area_id),
        "changes": bool(planned.changed),
    }


def period_of(
    row: Boundary, since: datetime | None, until: datetime | None, *, now: datetime
) -> tuple[datetime, datetime | None]:
    """The period to correct: the row's own where nothing else is said; raises Invalid when it is none of the past."""
    since, until = since or row.valid_from, until or row.valid_until
    if since >= (until or now) or (until is not None and until > now):
        words = _("A correction is about a time that is over: its end lies before its beginning, or in the future.")
        raise Invalid(words, code="bad-period", fields={"until": words})
    return since, until


def wanted_words(row: Boundary, words: Mapping[str, str]) -> dict[str, str]:
    """The tidied words that differ from a row's; raises Invalid by field."""
    tidied = {name: word.strip() if name in {"code", "walled"} else tidy_name(word) for name, word in words.items()}
    wanted = {name: word for name, word in tidied.items() if name in WORDS and word != getattr(row, name)}
    wrong = wrong_fields(**{name: getattr(row, name) for name in WORDS} | wanted)
    if wrong:
        raise Invalid(next(iter(wrong.values())), code="bad-words", fields=dict(wrong))
    return wanted


def demand_correcting(actor: Any, row: Boundary, *, words: bool, shape: bool, now: datetime) -> None:
    """Go on when the actor may do today, to this area, what the correction does to its past."""
    if words or not shape:
        demand(actor, "area.rename", row.area_id, now=now)
    if shape and not may(actor, "area.draw", row.parent_id or row.area_id, now=now):
        if may(actor, "area.draw", row.area_id, now=now):
            raise Refused(
                _("The outer border of your own area is drawn by the chief of the area above."), code="outer-border"
            )
        demand(actor, "area.draw", row.area_id, now=now)


def demand_sound(
    planned: Correction, row: Boundary, *, since: datetime, until: datetime | None, words: Mapping[str, str]
) -> None:
    """Go on, or raise Invalid: places where the shape cannot have stood, a code that another had, nothing new."""
    if not planned.sound:
        problems = planned.problems()
        places = [{"geometry": told["geometry"], "message": told["message"]} for told in problems]
        raise Invalid(problems[0]["message"], code="bad-boundary", places=places, problems=problems)
    if "code" in words:
        others = _during(since, until).filter(tier=row.tier_id, code=words["code"]).exclude(area=row.area_id)
        if others.exists():
            taken = _("Another area had this code at that time.")
            raise Invalid(taken, code="code-taken", fields={"code": taken})
    if not planned.changed:
        raise Invalid(_("Nothing is told differently."), code="nothing-new")


def _during(since: datetime, until: datetime | None) -> BoundaryQuerySet:
    """Rows in force at some moment of a period."""
    rows = Boundary.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=since))
    return rows.filter(valid_from__lt=until) if until else rows


def _own(row: Boundary, since: datetime, until: datetime | None) -> list[Boundary]:
    """The area's rows in a period, in order; raises Invalid where the period is longer than its life."""
    own = list(_during(since, until).filter(area=row.area_id).select_related("tier").order_by("valid_from"))
    ends = own[-1].valid_until if own else None
    if not own or since < own[0].valid_from or (ends is not None and (until is None or until > ends)):
        words = _("“%(name)s” was not there all that time; only its life can be corrected.") % {"name": row.name}
        raise Invalid(words, code="bad-period", fields={"from": words})
    return own


def _at(area: UUID, moment: datetime) -> Boundary | None:
    """The row of an area at a moment."""
    found: Boundary | None = Boundary.objects.at(moment).filter(area=area).select_related("tier").first()
    return found


def _instants(
    row: Boundary, own: Sequence[Boundary], shape: MultiPolygon, since: datetime, until: datetime | None
) -> list[datetime | None]:
    """When anything changed that the shape had to get on with; raises Invalid when that is too often."""
    during = _during(since, until)
    about = touching(shape, row.tier, during).values_list("valid_from", "valid_until")
    below = during.filter(parent=row.area_id).values_list("valid_from", "valid_until")
    instants: set[datetime | None] = set()
    for begun, ended in (*about, *below):
        instants |= {begun, ended}
    for told in own:
        instants |= {told.valid_from, told.valid_until}
    if len(steps(since, until, instants)) > MOST_STEPS:
        words = _("Too much changed around it in that time: correct a shorter period.")
        raise Invalid(words, code="long-period", fields={"from": words})
    return list(instants)


def _tell_anew(planned: Correction, change: BoundaryChange) -> None:
    """Withdraw the rows and write their pieces; the guard judges each over its whole period."""
    changed = planned.changed
    rows = [planned.rows[pk] for pk in changed]
    numbers = {row.area_id: next_version(row) for row in rows}
    withdraw(rows, change)
    told: list[Boundary] = []
    for row in rows:
        kept = {
            f.attname: getattr(row, f.attname)
            for f in Boundary._meta.concrete_fields
            if f.attname not in OF_ONE_VERSION
        }
        for piece in pieces(row.valid_from, row.valid_until, changed[row.pk], same=News.same):
            as_it_was = piece.news is None and piece.until == row.valid_until
            version = row.version if as_it_was else numbers[row.area_id]
            numbers[row.area_id] += not as_it_was
            told.append(
                Boundary(
                    **kept | _fields(piece.news),
                    version=version,
                    valid_from=piece.since,
                    valid_until=piece.until,
                    opened_by_id=row.opened_by_id if piece.since == row.valid_from else change.pk,
                    closed_by_id=row.closed_by_id if piece.until == row.valid_until else change.pk,
                    corrected_by_id=change.pk if piece.news and piece.news.own else row.corrected_by_id,
                    retold_by=change,
                )
            )
    Boundary.objects.bulk_create(told)


def _fields(news: News | None) -> dict[str, Any]:
    """The columns that news give."""
    if news is None:
        return {}
    return dict(news.words) | ({"geometry": as_stored(news.shape)} if news.shape is not None else {})
