"""Tickets under crossing writers: on a real database, with threads that meet."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import RequestFactory

from gis.audit.receipts import idempotent
from gis.shared.errors import Conflict, Stale
from layers.tickets.actions.effects import Pin
from layers.tickets.models import Ticket

from .conftest import IN_BUILDING, IN_EAST, NOW, OUTSIDE
from .test_moving import move
from .test_reporting import report


def at_once(works) -> None:
    """Run all works in threads of their own, each with its own connection."""

    def run(work) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_different_moves_from_one_version_one_wins_the_others_are_told(racing_ground) -> None:
    ticket = report(racing_ground, IN_EAST)
    won, lost = [], []
    barrier = threading.Barrier(12)
    kinds = [
        ("sign", "worker", {}),
        ("return", "worker", {"reason_code": "return_wrong_duty"}),
        ("relocate", "worker", {"reason": "看错", "pin": Pin(*IN_BUILDING)}),
        ("transfer", "desk", {"area": racing_ground.areas["compound"], "reason": "属地"}),
    ]

    def work(verb, post, more):
        def run() -> None:
            barrier.wait()
            try:
                won.append(move(racing_ground, ticket, verb, post, version=3, **more))
            except (Conflict, Stale) as problem:
                lost.append(problem.status)

        return run

    at_once([work(*kinds[turn % 4]) for turn in range(12)])
    assert (len(won), len(lost)) == (1, 11)
    assert set(lost) <= {409, 412}
    kept = Ticket.objects.get(pk=ticket.pk)
    steps = list(kept.events.order_by("seq"))
    assert len(steps) == 4
    assert (kept.version, kept.state) == (4, steps[-1].to_state)


@pytest.mark.django_db(transaction=True)
def test_two_writes_that_lock_each_other_out_both_get_done(racing_ground) -> None:
    """Two requests that take the same two tickets in opposite order: PostgreSQL ends one, which is then done again."""
    first, second = report(racing_ground, IN_EAST), report(racing_ground, OUTSIDE)
    meeting = threading.Barrier(2)
    runs, answers = [], []

    def crossing(one, other):
        met = []

        @idempotent
        def view(request):
            runs.append(one)
            for key in (one, other):
                with transaction.atomic():
                    row = Ticket.objects.select_for_update().get(pk=key)
                if key == one and not met:
                    met.append(True)
                    meeting.wait(60)
                row.changed_at = NOW + timedelta(seconds=1)
            return {"done": True}

        def run() -> None:
            request = RequestFactory().post("/x", b"{}", "application/json", HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
            request.user = racing_ground.people["desk"]
            answers.append(view(request).status_code)

        return run

    at_once([crossing(first.pk, second.pk), crossing(second.pk, first.pk)])
    assert answers == [200, 200]
    assert len(runs) > 2, "one of them was done twice"


@pytest.mark.django_db(transaction=True)
def test_crossing_that_does_not_end_is_told_as_a_conflict_not_as_an_outage(racing_ground) -> None:
    @idempotent
    def view(request):
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'crossed' USING ERRCODE = 'deadlock_detected'; END $$")

    request = RequestFactory().post("/x", b"{}", "application/json", HTTP_IDEMPOTENCY_KEY=str(uuid.uuid4()))
    request.user = racing_ground.people["desk"]
    with pytest.raises(Conflict) as problem:
        view(request)
    assert (problem.value.status, problem.value.kind) == (409, "busy")
