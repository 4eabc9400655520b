"""Kinds of job for tests of a real worker: small steps, each stored once however often it is done."""

import uuid

from django.db import connection, transaction
from django.utils import timezone

from gis.audit.models import Receipt
from gis.jobs.registry import job

GATE = 4711


@job("steps")
def steps(run, *, count):
    """`count` small transactions, then one result."""
    for number in range(count):
        run.progress(number, count, now=True)
        with transaction.atomic():
            Receipt.objects.get_or_create(
                asker=str(run.id),
                key=uuid.uuid5(run.id, str(number)),
                defaults={"request_hash": b"", "created_at": timezone.now()},
            )
    return {"steps": count}


@job("gated")
def gated(run):
    """Stands still in the middle while the test holds the gate."""
    Receipt.objects.get_or_create(
        asker=str(run.id), key=run.id, defaults={"request_hash": b"", "created_at": timezone.now()}
    )
    run.progress(1, 2, "at the gate", now=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", [GATE, GATE])
    run.progress(2, 2, now=True)
    return {"passed": True}
