"""A real worker, killed: nothing is lost, nothing done twice, nothing left half done."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from gis.audit.models import Receipt
from gis.jobs import registry
from gis.jobs.actions import cancel, look_after, start
from gis.jobs.models import Job
from gis.jobs.running import execute
from gis.jobs.slate import held
from gis.shared.outage import OUTAGES
from tests.jobs.kinds import tasks as kinds

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12
STEPS = 12


def begin(kind, **args):
    return start(kind, job_id=uuid.uuid4(), title="a job", actor=None, args=args, now=timezone.now())


def until(true, patience_s=120.0):
    """Ask until something is so, without guessing how long a busy machine takes."""
    asked = multiprocessing.Event()
    for _ in range(int(patience_s / 0.05)):
        if found := true():
            return found
        asked.wait(0.05)
    raise AssertionError("it never came to be")


@contextmanager
def worker(spool):
    """`manage.py worker` on this test's database; ended, whatever happens."""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.jobs.worker_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
        "TEST_SPOOL": str(spool),
    }
    process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def now(job):
    return Job.objects.get(pk=job.pk)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(spool):
    gate = connection.copy()
    with gate.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [kinds.GATE])
    one = begin("gated")
    with worker(spool) as first:
        until(lambda: now(one).message == "at the gate")
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    until(lambda: not held([one.pk]))  # the job's own process went with the worker
    assert now(one).state == "running"
    gate.close()
    with worker(spool):
        until(lambda: now(one).ended)
        assert (now(one).state, now(one).result, now(one).attempts) == ("done", {"passed": True}, 2)
        assert Receipt.objects.filter(asker=str(one.pk)).count() == 1
        quick = begin("steps", count=3)  # and it goes on working
        until(lambda: now(quick).state == "done")


@pytest.mark.django_db(transaction=True)
def test_jobs_killed_at_any_moment_are_done_once():
    chance = random.Random(7)
    fork = multiprocessing.get_context("fork")
    jobs = [begin("steps", count=STEPS) for _ in range(KILLS)]
    killed = 0
    for one in jobs:
        connection.close()
        process = fork.Process(target=execute, args=(one.pk,))
        process.start()
        at = chance.randrange(STEPS)
        while process.is_alive() and now(one).done < at:
            process.join(0.002)
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    until(lambda: not held([one.pk for one in jobs]))
    unended = {one.pk for one in jobs if not now(one).ended}
    assert killed >= 2, "two are struck before their first step; how far the others come is the machine's"
    connection.cursor().execute("DELETE FROM procrastinate_jobs")  # the queue's rows went with the worker
    assert set(look_after(now=timezone.now())) == unended
    assert look_after(now=timezone.now()) == []  # queued once
    for one in jobs:
        execute(one.pk)
        assert (now(one).state, now(one).result) == ("done", {"steps": STEPS})
        assert Receipt.objects.filter(asker=str(one.pk)).count() == STEPS


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_do_one_job_at_once():
    one = begin("steps", count=1)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('job:' || %s, 0))", [str(one.pk)])
    execute(one.pk)
    assert now(one).state == "queued"
    assert held([one.pk]) == {one.pk}
    other.close()
    until(lambda: not held([one.pk]))
    execute(one.pk)
    assert now(one).state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_job_that_loses_its_process_again_and_again_is_given_up():
    one = begin("steps", count=1)
    Job.objects.filter(pk=one.pk).update(attempts=5)
    execute(one.pk)
    assert now(one).state == "failed"
    assert now(one).problem["code"] == "unexpected"
    asked = begin("steps", count=1)
    Job.objects.filter(pk=asked.pk).update(state="running")
    cancel(asked, actor=None, now=timezone.now())
    execute(asked.pk)
    assert now(asked).state == "cancelled"
    assert not Receipt.objects.filter(asker=str(asked.pk)).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("victim", ["work", "progress"])
def test_a_job_goes_on_after_the_database_was_away(victim, monkeypatch):
    def struck(run):
        run.progress(1, 2, now=True)
        if now(one).attempts == 1:
            # the one that does the work, or the one beside it that holds the job's lock; never one of another database
            beside = (
                "(SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted"
                " AND l.pid <> pg_backend_pid() LIMIT 1)"
            )
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_terminate_backend({'pg_backend_pid()' if victim == 'work' else beside})")
        run.progress(2, 2, now=True)
        return {"attempt": now(one).attempts}

    monkeypatch.setitem(registry.KINDS, "struck", struck)
    one = begin("struck")
    with pytest.raises(OUTAGES):
        execute(one.pk)
    connection.close()
    until(lambda: not held([one.pk]))
    assert not now(one).ended  # an outage is nobody's mistake: the job waits for its second run
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    assert look_after(now=timezone.now()) == [one.pk]
    execute(one.pk)
    assert (now(one).state, now(one).result) == ("done", {"attempt": 2})
