"""The open place served by gunicorn, as `make run` serves it, and somebody who signs in there."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.setup import server

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2


def planner() -> str:
    """The cookie of somebody who reads residents; whoever asks first also has the place's residents read once."""
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from gis.accounts.models import Account
    from grids.models import Appointment, Boundary, Person
    from layers.coverage import actions

    now = timezone.now()
    actions.keep_settled(now=now) or actions.settle(now=now, actor="bench")
    account = Account.objects.filter(username="bench-planner").first()
    if account is None:
        account = Account.objects.create_user("bench-planner", None)
        person = Person.objects.create(name_zh="测试", account=account)
        top = Boundary.objects.still().filter(parent__isnull=True).order_by("code").first()
        assert top is not None
        Appointment.objects.create(area=top.area, role="planner", person=person, valid_from=now)
    client = Client()
    client.force_login(account)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def served() -> Iterator[tuple[str, float, int]]:
    """Gunicorn on this place as `make run` starts it: its address, seconds until the port was open, its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = server.web(port, workers=WORKERS)
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) as process:
        try:
            while True:
                with socket.socket() as client:
                    if client.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None:
                    raise AssertionError(f"the server ended with {process.returncode}")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}", time.perf_counter() - begun, process.pid
        finally:
            process.terminate()
            process.wait(30)
