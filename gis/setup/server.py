"""Everything that must be ready before the page can be served, and the serving itself."""

import os
import select
import signal
import socket
from pathlib import Path

from gis.setup import local, messages, paths, places, watch
from gis.setup.talk import Stop, say

HOST = "127.0.0.1"


def port() -> int:
    """The port to serve on: PORT, by default 8000; raises Stop on a wrong one."""
    word = os.environ.get("PORT") or "8000"
    if not word.isdigit() or not 1 <= int(word) <= 65535:
        raise Stop(f"PORT={word} is no port: say a number from 1024 to 65535.")
    return int(word)


def check_port() -> int:
    """The port, when it is free and allowed; raises Stop before any long work is begun."""
    number = port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except PermissionError as error:
            raise Stop(f"This account may not open port {number}. Say PORT=8001 make run.") from error
        except OSError as error:
            raise Stop(
                f"Port {number} is busy: another program (another Wangge?) answers there.\n"
                f"End it, or say another one: make run PORT={number + 1 if number < 65535 else 8001}"
            ) from error
    return number


def collect() -> None:
    """Put the static files under their hashed names, when one has changed."""
    inputs = local.fingerprint(
        [*(path for path in places.code("**/static/**/*") if path.is_file()), *paths.LIBRARIES.iterdir(),
         paths.LOCKS / "main.txt"]
    )  # fmt: skip
    manifest = paths.LOCAL / "static" / "collected" / "staticfiles.json"
    if not manifest.exists() or not local.is_done("collectstatic", inputs):
        say("Collecting the static files")
        places.manage("collectstatic", "--no-input", "--clear", place=places.SAMPLE)
        local.mark_done("collectstatic", inputs)


def warm(place: str) -> None:
    """Compile the kernels once, so that the first walking circle does not wait for the compiler."""
    kernels = [path for path in places.code("**/*.py") if "numba" in path.read_text(encoding="utf-8")]
    inputs = local.fingerprint([path for path in kernels if "/setup/" not in str(path)])
    if places.has_command("warm") and not local.is_done("warm", inputs):
        say("Compiling the kernels")
        places.manage("warm", place=place)
        local.mark_done("warm", inputs)


def prepare(place: str) -> None:
    """All that can be compiled or collected beforehand."""
    messages.compile_all()
    collect()
    warm(place)


def serve(place: str, number: int) -> int:
    """Serve until Ctrl-C or `make stop`, with a worker beside (the cluster stays up); returns an exit status."""
    say(f"\nWangge serves the place “{place}” on http://{HOST}:{number}   (Ctrl-C ends it; make stop ends PostGIS too)")
    paths.SERVER.write_text(f"{os.getpid()}\n", encoding="utf-8")
    os.environ["PLACE"] = place
    return watch.watch(web(number), [paths.PYTHON, "manage.py", "worker"])


def web(number: int, *, workers: int = 2) -> watch.Words:
    """The command that serves on a port of this machine."""
    gunicorn = paths.VENV / "bin" / "gunicorn"
    where = f"{HOST}:{number}"
    return [gunicorn, "--config", "python:gis.serving", "--bind", where, "--workers", str(workers), "gis.wsgi"]


def stop() -> None:
    """End this clone's web server, if the process written down is still one of ours."""
    try:
        number = int(paths.SERVER.read_text(encoding="utf-8"))
        running = b"gis.setup" in Path(f"/proc/{number}/cmdline").read_bytes()
        here = running and Path(f"/proc/{number}/cwd").resolve() == paths.ROOT
    except (FileNotFoundError, ValueError, PermissionError, ProcessLookupError):
        return
    if here:
        end(number)
        say("The web server stopped.")
    paths.SERVER.unlink(missing_ok=True)


def end(number: int, patience_s: int = 15) -> None:
    """Ask a process of ours to end and wait until it has, so that its port is free again."""
    handle = os.pidfd_open(number)
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    if not select.select([handle], [], [], patience_s)[0]:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)
