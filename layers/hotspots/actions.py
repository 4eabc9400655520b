"""Keeping a result, opening it again with what has changed since, and forgetting it."""

import gzip
import json
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Problem
from grids.permissions import demand, may
from layers.hotspots import exports
from layers.hotspots.analysis import VERB, answer, areas_asked
from layers.hotspots.files import Result, of_document, of_packed
from layers.hotspots.models import Run
from layers.hotspots.packed import HEAD, Packed, pack, unpack
from layers.hotspots.questions import NAMES, read

MOST_RUNS = 100
MOST_NAME = 120
MOST_BYTES = 200_000_000
"""Of all results that one person keeps."""
UNPACKED = 2
"""So many large results stay unpacked in a process; a kept result never changes."""
KINDS = ("ground_changed", "tickets_changed", "residents_changed")

_unpacked: "OrderedDict[tuple[Any, ...], Packed]" = OrderedDict()
_lock = Lock()


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
        body = pack(analysis) if exports.pictured(analysis) else _zipped(exports.document(analysis))
        if _kept_bytes(asker) + len(body) > MOST_BYTES:
            raise Conflict(
                _("The results that you keep take up all of the %(most)d MB there are. Forget one first.")
                % {"most": MOST_BYTES // 1_000_000},
                code="full",
            )
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    id=run_id,
                    account_id=asker.pk,
                    name=name,
                    made_at=now,
                    asked=words_asked,
                    question=exports.asked(analysis),
                    summary=exports.summary(analysis),
                    areas=areas_asked(analysis.question, asker, now=now),
                    shows_residents=analysis.residents is not None,
                    exact_residents=analysis.residents is not None and analysis.residents_exact,
                    document=body,
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


def packed_of(run: Run) -> Packed | None:
    """The answer as it was kept, where it is of very many cells; None of fewer. Whoever asks has been let in."""
    key = (run.pk, run.account_id, run.made_at)  # the id is its client's, who may forget it and use it again
    with _lock:
        found = _unpacked.get(key)
    if found is None:
        body = bytes(run.document)
        if not body.startswith(HEAD):
            return None
        found = unpack(body)
        with _lock:
            _unpacked[key] = found
            while len(_unpacked) > UNPACKED:
                _unpacked.popitem(last=False)
    return found


def forget_unpacked() -> None:
    """Let go of what was unpacked."""
    with _lock:
        _unpacked.clear()


def document_of(run: Run) -> dict[str, Any]:
    """The answer as the map got it when it was kept."""
    packed = packed_of(run)
    if packed is not None:
        return packed.document()
    told: dict[str, Any] = json.loads(gzip.decompress(bytes(run.document)))
    return told


def result_of(run: Run) -> Result:
    """Every cell of a kept answer, for a file."""
    packed = packed_of(run)
    return of_document(document_of(run)) if packed is None else of_packed(packed)


def changed(run: Run, *, asker: Any, now: datetime) -> dict[str, Any]:
    """What is different when the same is asked now: `stale`, and of what kind; `problem` where it cannot be asked.

    A question without a moment is asked of the ground of now.
    """
    try:
        fresh = answer(read(run.asked, now=now), asker, now=now)
    except Problem as problem:
        return {"stale": True, "problem": str(problem.detail), "tickets_now": None, **dict.fromkeys(KINDS, False)}
    every = np.arange(len(fresh.cells))
    tickets = fresh.counts.astype(int).tolist()
    people = exports.residents(fresh, every)
    packed = packed_of(run)
    columns = result_of(run).columns if packed is None else packed.columns()
    then = _by_cell(columns["cell"], columns["tickets"], columns["residents"])
    current = _by_cell(fresh.cells.ids, tickets, people)
    told = {
        "ground_changed": then.keys() != current.keys(),
        "tickets_changed": _differ(then, current, 0),
        "residents_changed": _differ(then, current, 1),
    }
    return {"stale": any(told.values()), "problem": None, "tickets_now": sum(tickets), **told}


def forget(run_id: uuid.UUID, *, asker: Any, now: datetime) -> None:
    """Remove one of the asker's own runs; raises Missing."""
    with transaction.atomic():
        gone, _kinds = Run.objects.filter(pk=run_id, account=asker.pk).delete()
        if not gone:
            raise Missing(_("There is no such result of yours."))
        record(actor=asker, verb="hotspot.forget", subject=run_id, now=now)


def _by_cell(cells: list[str], tickets: list[int], residents: list[Any]) -> dict[str, tuple[int, Any]]:
    """Tickets and residents of each cell."""
    return dict(zip(cells, zip(tickets, residents, strict=True), strict=True))


def _differ(then: Mapping[str, tuple[int, Any]], current: Mapping[str, tuple[int, Any]], part: int) -> bool:
    return any(then[cell][part] != current[cell][part] for cell in then.keys() & current.keys())


def _kept_bytes(asker: Any) -> int:
    """How much room the asker's kept results take."""
    found = Run.objects.filter(account=asker.pk).aggregate(all=Sum(Length("document")))["all"]
    return int(found or 0)


def _zipped(document: Mapping[str, Any]) -> bytes:
    return gzip.compress(json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False).encode(), compresslevel=6)
