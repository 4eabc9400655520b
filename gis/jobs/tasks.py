"""The queue's side: each job runs in a process of its own, forked from one that has everything loaded.

A crash, a full memory or a long step without Python in it ends or delays that process alone; its memory goes back.
"""

import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from uuid import UUID

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app as queue

from gis.audit.sealing import seal
from gis.jobs.actions import TASK, look_after
from gis.jobs.registry import UPKEEP
from gis.jobs.running import execute
from gis.shared.outage import OUTAGES

logger = logging.getLogger(__name__)
processes = multiprocessing.get_context("forkserver")


@queue.task(name=TASK, pass_context=True)
def run(context: JobContext, *, job: str) -> None:
    """Do one job in a process of its own, and look after it when that process dies."""
    if _apart("job", job, context):
        _apart("care", "", context)


@queue.periodic(cron="* * * * * */20")
@queue.task(name="gis.jobs.care", pass_context=True, queueing_lock="gis.jobs.care")
def care(context: JobContext, timestamp: int) -> None:
    """Let jobs of dead processes run again, remove what is old, seal what was written to the audit log."""
    _apart("care", "", context)


def _apart(what: str, job: str, context: JobContext) -> int:
    """Run in another process; its exit status. Ends it when the worker is told to stop: the job runs again later."""
    process = processes.Process(target=_inside, args=(what, job), name=f"{what} {job}".strip())
    process.start()
    while process.exitcode is None:
        process.join(0.25)
        if context.should_abort():
            process.kill()
            process.join()
            return 0
    return process.exitcode


def _inside(what: str, job: str) -> None:
    """The other process: it ends with the worker, so that none goes on unseen."""
    threading.Thread(target=_end_with_worker, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is told to the worker, which ends us
    if what == "job":
        execute(UUID(job))
    else:
        seal(now=timezone.now())
        look_after(now=timezone.now())
        for work in UPKEEP:
            try:
                work(timezone.now())
            except OUTAGES:
                raise
            except Exception:
                logger.exception("upkeep %s failed", work.__qualname__)


def _end_with_worker() -> None:
    """Wait until the worker is gone, however it went, then end this process at once."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        wait([worker.sentinel])
        os._exit(1)
