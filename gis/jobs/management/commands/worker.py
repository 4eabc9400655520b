"""Does the jobs of this place, each in a process of its own, until it is ended."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from gis.jobs.tasks import processes


class Command(BaseCommand):
    help = "Does the jobs of this place (imports, exports, other long work) until it is ended. `make run` starts one."
    requires_system_checks = ()  # the web server has checked, and they load everything

    def handle(self, *args: Any, **options: Any) -> None:
        processes.set_forkserver_preload(["gis.jobs.preload"])
        with app.replace_connector(app.connector.get_worker_connector()) as own:  # type: ignore[attr-defined]
            own.run_worker(
                name="worker",
                concurrency=settings.JOBS_AT_ONCE,
                delete_jobs="always",  # our own table tells what became of them
                shutdown_graceful_timeout=3,
            )
