"""An OpenStreetMap extract as a place: what was planned is stored whole or not at all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.catalogue.models import Place
from gis.shared.errors import Conflict
from gis.town.opening.fitted import Fitted
from gis.town.posts import appoint_founder, demo_posts, fill_posts
from grids.imports import STEPS, store_areas
from grids.models import Boundary
from layers.streets.actions import replace_network
from layers.streets.models import Way

ATTRIBUTION_ZH = "© OpenStreetMap 贡献者，依据 ODbL 许可"
ATTRIBUTION_EN = "© OpenStreetMap contributors, ODbL"
ACTOR = "import_osm"


def demand_room() -> None:
    """Raise Conflict when this database holds a place already."""
    place = Place.objects.first()
    if Boundary.objects.exists() or Way.objects.exists() or (place is not None and place.kind != Place.Kind.EMPTY):
        raise Conflict(
            _(
                "This database holds a place already (%(name)s); an extract needs an empty one."
                " Choose another name: PLACE=another_name."
            )
            % {"name": place.name if place else "?"},
            code="place-filled",
        )


def store_import(
    plan: Fitted,
    *,
    now: datetime,
    time_zone: str = "Asia/Shanghai",
    actor: Any = ACTOR,
    change_id: UUID | None = None,
    demo: bool = True,
    tell: Callable[[int, int, str], None] | None = None,
) -> Place:
    """Store a plan in an empty database, in one transaction; raises Conflict when the place is filled.

    `demo`: with demonstration posts. An account that imports by the page becomes the place's administrator. What
    `tell(done, total, words)` raises ends the import, and nothing is stored.
    """

    def step(number: int, words: str) -> None:
        if tell is not None:
            tell(number, len(STEPS) + 3, words)

    with transaction.atomic(), connection.cursor() as cursor:
        # of two imports at once the second waits here and then finds the place filled
        cursor.execute(f"LOCK TABLE {connection.ops.quote_name(Place._meta.db_table)} IN EXCLUSIVE MODE")
        demand_room()
        reason = _("Imported from OpenStreetMap: %(file)s") % {"file": plan.file}
        store_areas(
            plan.areas, reason=reason, now=now, actor=actor, change_id=change_id,
            on_step=lambda _name, number, _of: step(number, _("Storing the areas")),
        )  # fmt: skip
        step(len(STEPS), _("Storing streets, gates and the base map"))
        replace_network(
            ways=plan.ways, gates=plan.gates, barriers=plan.barriers, features=plan.features, now=now, actor=actor
        )
        step(len(STEPS) + 1, _("Filling the posts"))
        if demo:
            fill_posts(demo_posts(plan.areas), now=now, actor=actor)
        if getattr(actor, "is_authenticated", False):
            appoint_founder(actor, plan.areas[0].id, now=now)
        place, _created = Place.objects.update_or_create(
            id=1,
            defaults={
                "name_zh": plan.name_zh,
                "name_en": plan.name_en,
                "kind": Place.Kind.IMPORTED,
                "provisional": True,
                "attribution_zh": ATTRIBUTION_ZH,
                "attribution_en": ATTRIBUTION_EN,
                "time_zone": time_zone,
            },
        )
        told = plan.document()
        del told["listed"]
        record(actor=actor, verb="place.import", subject=plan.file, now=now, detail=told)
        step(len(STEPS) + 2, _("Storing the areas"))
    return place
