"""Keeping a result, opening it again with what has changed since, and forgetting it."""

import gzip
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Problem
from grids.permissions import demand, may
from layers.hotspots import exports
from layers.hotspots.analysis import VERB, answer, areas_asked
from layers.hotspots.models import Run
from layers.hotspots.questions import NAMES, read

MOST_RUNS = 100
MOST_NAME = 120
KINDS = ("ground_changed", "tickets_changed", "residents_changed")


def keep(run_id: uuid.UUID, *, name: str, asked: Mapping[str, str], asker: Any, now: datetime) -> Run:
    """Analyse and keep what comes out; the same id again is the same run. Raises Invalid, Refused, Conflict."""
    demand(asker, VERB, now=now)
    known = Run.objects.filter(pk=run_id).first()
    if known is None:
        name = " ".join(name.split())
        if not 0 < len(name) <= MOST_NAME or "\0" in name:
            words = _("A name of 1 to %(most)d signs") % {"most": MOST_NAME}
            raise Invalid(_("This result needs a name."), code="no-name", fields={"name": words})
        if Run.objects.filter(account=asker.pk).count() >= MOST_RUNS:
            raise Conflict(
                _("You keep %(most)d results, which is the most. Forget one first.") % {"most": MOST_RUNS}, code="full"
            )
        words_asked = {key: str(value) for key, value in asked.items() if key in NAMES and value not in (None, "")}
        analysis = answer(read(words_asked, now=now), asker, now=now)
        if exports.pictured(analysis):
            raise Invalid(
                _("These are %(count)d cells; results of up to %(most)d are kept. Take a file, or larger cells.")
                % {"count": len(analysis.cells), "most": exports.MOST_SHAPES},
                code="too-many-cells",
            )
        document = exports.document(analysis)
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    id=run_id,
                    account_id=asker.pk,
                    name=name,
                    made_at=now,
                    asked=words_asked,
                    question=document["question"],
                    summary=document["summary"],
                    areas=areas_asked(analysis.question, asker, now=now),
                    shows_residents=analysis.residents is not None,
                    exact_residents=analysis.residents is not None and analysis.residents_exact,
                    document=_packed(document),
                )
                record(actor=asker, verb="hotspot.keep", subject=run_id, now=now)
        except IntegrityError:  # a second sender was quicker
            known = Run.objects.get(pk=run_id)
        else:
            return run
    if known.account_id != asker.pk:
        raise Conflict(_("This id belongs to another result."), code="id-taken")
    return known


def own(run_id: uuid.UUID, *, asker: Any, now: datetime) -> Run:
    """One of the asker's own runs, whose areas they may still analyse; raises Missing or Refused."""
    demand(asker, VERB, now=now)
    run = Run.objects.filter(pk=run_id, account=asker.pk).first()
    if run is None:
        raise Missing(_("There is no such result of yours."))
    for verb in _verbs(run):
        for area in run.areas:
            demand(asker, verb, area, now=now)
    return run


def opened(*, asker: Any, now: datetime) -> list[Run]:
    """The asker's own runs, newest first, that today's rights still open; without their cells."""
    allowed: dict[tuple[str, uuid.UUID], bool] = {}

    def let(verb: str, area: uuid.UUID) -> bool:
        if (verb, area) not in allowed:
            allowed[verb, area] = may(asker, verb, area, now=now)
        return allowed[verb, area]

    found = Run.objects.filter(account=asker.pk).defer("document").order_by("-made_at", "-id")
    return [run for run in found if all(let(verb, area) for verb in _verbs(run) for area in run.areas)]


def _verbs(run: Run) -> list[str]:
    """What its owner must still be allowed to do in each of its areas."""
    verbs = [VERB]
    if run.shows_residents:
        verbs.append("population.read")
        if run.exact_residents:
            verbs.append("population.exact")
    return verbs


def document_of(run: Run) -> dict[str, Any]:
    """The answer as it was when it was kept."""
    told: dict[str, Any] = json.loads(gzip.decompress(bytes(run.document)))
    return told


def changed(run: Run, document: Mapping[str, Any], *, asker: Any, now: datetime) -> dict[str, Any]:
    """What is different when the same is asked now: `stale`, and of what kind; `problem` where it cannot be asked.

    A question without a moment is asked of the ground of now.
    """
    try:
        fresh = exports.records(answer(read(run.asked, now=now), asker, now=now))
    except Problem as problem:
        return {"stale": True, "problem": str(problem.detail), "tickets_now": None, **dict.fromkeys(KINDS, False)}
    then = {feature["id"]: feature["properties"] for feature in document["features"]}
    current = {cell["cell"]: cell for cell in fresh}
    told = {
        "ground_changed": then.keys() != current.keys(),
        "tickets_changed": _differ(then, current, "tickets"),
        "residents_changed": _differ(then, current, "residents"),
    }
    tickets = sum(cell["tickets"] for cell in fresh)
    return {"stale": any(told.values()), "problem": None, "tickets_now": tickets, **told}


def forget(run_id: uuid.UUID, *, asker: Any, now: datetime) -> None:
    """Remove one of the asker's own runs; raises Missing."""
    with transaction.atomic():
        gone, _kinds = Run.objects.filter(pk=run_id, account=asker.pk).delete()
        if not gone:
            raise Missing(_("There is no such result of yours."))
        record(actor=asker, verb="hotspot.forget", subject=run_id, now=now)


def _differ(then: Mapping[str, Any], current: Mapping[str, Any], name: str) -> bool:
    return any(then[cell][name] != current[cell][name] for cell in then.keys() & current.keys())


def _packed(document: Mapping[str, Any]) -> bytes:
    return gzip.compress(json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False).encode(), compresslevel=6)
