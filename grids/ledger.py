"""Writing versions: locks in tier order, closing old rows, opening new ones, the guard's word explained.

Only `grids.actions` and `grids.imports` use this.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.gis.geos import MultiPolygon as StoredShape
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from shapely import MultiPolygon

from gis.shared.errors import Conflict, Invalid
from grids.models import Area, Boundary, BoundaryChange, Tier

TICK = timedelta(microseconds=1)
CLOCKS_APART = timedelta(minutes=1)
COUNTY = "county"
OF_ONE_VERSION = frozenset(
    {"id", "version", "valid_from", "valid_until", "opened_by_id", "closed_by_id", "corrected_by_id", "retold_by_id"}
)
"""What the next version of an area does not take over from the last."""


@contextmanager
def guarded() -> Iterator[None]:
    """One transaction whose deferred guard is heard before it ends; its refusal becomes a Conflict."""
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise explained(error) from error
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "40P01":  # deadlock: the other one goes on, we may try again
            raise
        raise Conflict(_("Somebody is saving next to you; try again."), code="busy") from error


def explained(error: IntegrityError) -> Conflict | Invalid:
    """What the database refused, in words."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    areas = (getattr(diagnosis, "message_detail", None) or "").split()
    if constraint == "grids_boundary_code_once":
        taken = _("This code is taken.")
        return Invalid(taken, code="code-taken", fields={"code": taken})
    words = {
        "grids_boundary_no_overlap": _("It would overlap a neighbour that somebody has just drawn."),
        "grids_boundary_inside_parent": _("It would not lie inside the area above it."),
        "grids_boundary_child_inside": _("It would leave an area below it outside."),
        "grids_boundary_tier": _("It does not belong on this tier of the tree."),
        "grids_boundary_version": _("Somebody saved the same area at the same moment."),
        "grids_boundary_one_at_a_time": _("Somebody saved the same area at the same moment."),
        "grids_area_pkey": _("There is another area with this id already."),
        "grids_boundarychange_pkey": _("This key was used for another change."),
        "grids_boundary_is_kept": _("The past is kept as it was."),
        "grids_boundary_one_life": _("The life of this area has a hole."),
    }
    if constraint not in words:
        raise error
    return Conflict(words[constraint], code=constraint.removeprefix("grids_boundary_"), areas=areas)


def lock(counties: Iterable[UUID | None], *, top: bool) -> None:
    """Wait for other writers of these counties: the highest tier first, so that no two wait for each other.

    `top` also keeps everybody else from the counties' own boundaries. The keys are those of the guard trigger.
    """
    tiers = list(Tier.objects.order_by("rank").values_list("pk", "rank", "code"))
    county_rank = next(rank for _pk, rank, code in tiers if code == COUNTY)
    with connection.cursor() as cursor:
        for pk, rank, _code in tiers:
            if rank <= county_rank:
                function = "pg_advisory_xact_lock" if top else "pg_advisory_xact_lock_shared"
                cursor.execute(f"SELECT {function}(grids_lock_key(NULL), %s)", [pk])
        for county in sorted({str(county) for county in counties if county}):
            for pk, rank, _code in tiers:
                if rank > county_rank:
                    cursor.execute("SELECT pg_advisory_xact_lock(grids_lock_key(%s), %s)", [county, pk])


def begin_change(
    *, kind: str, now: datetime, latest: datetime | None, actor: Any, reason: str, pk: UUID | None = None
) -> BoundaryChange:
    """Record the act. It takes force now, or a tick after `latest` when rows it ends began at this very instant."""
    effective = now if latest is None or latest < now else latest + TICK
    if effective - now > CLOCKS_APART:
        raise Conflict(_("The clock of the server is behind: this area was changed “later” than now."), code="clock")
    account = actor if getattr(actor, "pk", None) else None
    change = BoundaryChange(
        kind=kind, reason=reason, account=account, actor_name=str(actor)[:150], recorded_at=now, effective_at=effective
    )
    if pk is not None:
        change.pk = pk
    change.save(force_insert=True)
    return change


def renew(current: Boundary, change: BoundaryChange, **news: Any) -> Boundary:
    """End a version and open the next one with what is new; `geometry` may be given as shapely's."""
    Boundary.objects.filter(pk=current.pk).update(valid_until=change.effective_at, closed_by=change)
    kept = {
        field.attname: getattr(current, field.attname)
        for field in Boundary._meta.concrete_fields
        if field.attname not in OF_ONE_VERSION
    }
    shape = news.pop("geometry", None)
    if shape is not None:
        kept["geometry"] = as_stored(shape)
    new = Boundary(**kept | news, version=next_version(current), valid_from=change.effective_at, opened_by=change)
    new.save(force_insert=True)
    return new


def next_version(current: Boundary) -> int:
    """A version number that no row of the area has or had: corrections of the past use numbers up too."""
    rows = ("boundaries", "withdrawn")
    told = Area.objects.filter(pk=current.area_id).aggregate(**{name: Max(f"{name}__version") for name in rows})
    return max(told[name] or 0 for name in rows) + 1


def as_stored(shape: MultiPolygon) -> StoredShape:
    """Shapely's geometry for a GeoDjango field, by WKB only."""
    stored = GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4326)
    assert isinstance(stored, StoredShape)
    return stored
