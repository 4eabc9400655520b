"""Tickets high, coverage low: where hot spots of tickets meet residents who walk too far to any service."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gis.shared.errors import Invalid
from layers.coverage.shares import shares
from layers.hotspots import exports
from layers.hotspots.analysis import answer, areas_asked
from layers.hotspots.questions import HEXAGON, Question

HOT = {"hot-99", "hot-95", "hot-90"}
NEEDS = ("both", "tickets", "coverage", "neither", "unknown")


def needs(question: Question, asker: Any, *, minutes: int, below: int, now: datetime) -> dict[str, Any]:
    """The areas of a tier with both answers: `need` is both, tickets, coverage, neither or unknown.

    Tickets are high where Gi* finds a hot spot after correction; coverage is low where fewer than `below` percent of
    the residents walk to a site in so many minutes. Raises what either analysis raises.
    """
    if question.cells == HEXAGON:
        raise Invalid(
            _("Coverage is known of areas: choose a tier."), code="bad-question", fields={"cells": _("Choose a tier")}
        )
    analysis = answer(question, asker, now=now)
    if exports.pictured(analysis):
        raise Invalid(
            _("There are %(count)d areas of this tier here; up to %(most)d can be set beside coverage.")
            % {"count": len(analysis.cells), "most": exports.MOST_SHAPES},
            code="too-many-cells",
            fields={"cells": _("Choose another tier")},
        )
    document = exports.document(analysis)
    told = shares(asker, tier=question.cells, tops=areas_asked(question, asker, now=now), minutes=minutes, now=now)
    rows = {str(area): row for area, row in told.rows.items()}
    for feature in document["features"]:
        cell = feature["properties"]
        residents, within = rows.get(feature["id"], (None, None))
        far = residents - within if residents and within is not None else None
        share = None if far is None or not residents else 1 - far / residents
        hot = cell["class"] in HOT
        low = share is not None and share * 100 < below
        cell |= {
            "within": within,
            "not_reached": far,
            "share": None if share is None else round(share, 4),
            "need": "unknown" if share is None else NEEDS[(0 if low else 1) if hot else (2 if low else 3)],
        }
    return document | {
        "coverage": {
            "minutes": minutes, "below": below, "network": told.network, "made_at": told.made_at, "stale": told.stale,
        },
    }  # fmt: skip
