"""A job's row as others see it while its work runs: written on a connection beside the work's own transaction.

The connection also holds the job's advisory lock. When the process dies, whatever the reason, PostgreSQL lets the lock
go: a job that is not ended and whose lock is free is dead, whatever a clock says.
"""

import json
import math
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from gis.jobs.models import State

KEY = "hashtextextended('job:' || %s, 0)"


class Slate:
    """One job's row, for the process that runs it."""

    def __init__(self, job_id: UUID) -> None:
        """Open nothing yet."""
        self.job_id = str(job_id)
        # Inside somebody's transaction (a test's) the row may be visible to that transaction alone.
        self.beside = not connection.in_atomic_block
        self.connection: BaseDatabaseWrapper = connection.copy() if self.beside else connection

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Let the lock and the connection go."""
        if self.beside:
            self.connection.close()
        else:
            self._run(f"SELECT pg_advisory_unlock({KEY})", [self.job_id])

    def lock(self) -> bool:
        """Become the one who runs this job; False when another process is at it."""
        return bool(self._run(f"SELECT pg_try_advisory_lock({KEY})", [self.job_id]))

    def begin(self) -> int:
        """The job runs from now on; returns which attempt this is, 0 when it has ended already."""
        found = self._run(
            "UPDATE jobs_job SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, %s),"
            " done = 0, total = NULL, message = '' WHERE id = %s AND ended_at IS NULL RETURNING attempts",
            [timezone.now(), self.job_id],
        )
        return int(found or 0)

    def tell(self, done: int, total: int | None, message: str) -> bool:
        """How far it is; True when the person asked to stop."""
        return bool(
            self._run(
                "UPDATE jobs_job SET done = %s, total = %s, message = %s WHERE id = %s RETURNING cancel_asked",
                [done, total, _storable(message), self.job_id],
            )
        )

    def keep(self, name: str) -> None:
        """The file it made."""
        self._run("UPDATE jobs_job SET kept = %s WHERE id = %s", [name, self.job_id])

    def end(self, state: State, *, result: Any = None, problem: dict[str, Any] | None = None) -> None:
        """The end of the job, once."""
        self._run(
            "UPDATE jobs_job SET state = %s, result = %s::jsonb, problem = %s::jsonb, ended_at = %s,"
            " done = CASE WHEN %s = 'done' AND total IS NOT NULL THEN total ELSE done END"
            " WHERE id = %s AND ended_at IS NULL",
            [state.value, _json(result), _json(problem), timezone.now(), state.value, self.job_id],
        )

    def _run(self, statement: str, values: list[Any]) -> Any:
        """The first value that a statement returns, or None."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


def held(job_ids: list[UUID]) -> set[UUID]:
    """Which of these jobs a living process is at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id FROM (SELECT unnest(%s::uuid[]) AS id) j,"
            " LATERAL (SELECT hashtextextended('job:' || j.id::text, 0) AS key) k"
            " WHERE EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND l.classid::bigint = ((k.key >> 32) & 4294967295) AND l.objid::bigint = (k.key & 4294967295))",
            [job_ids],
        )
        return {row[0] for row in cursor.fetchall()}


def attended(*, now: datetime) -> bool:
    """Whether a worker gave a sign of life within the last minute."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=now - timedelta(minutes=1)).exists()


def _json(value: Any) -> str | None:
    """The value as JSON text; None stays None."""
    return None if value is None else json.dumps(_storable(json.loads(json.dumps(value, cls=DjangoJSONEncoder))))


def _storable(value: Any) -> Any:
    """The same without what no row can hold and a stranger's file may: NUL, half characters, numbers that are none."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_storable(name): _storable(inner) for name, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list) else value
