"""`python3 -m gis.setup COMMAND`: what the Makefile calls; each command says what it does and does its own set-up."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gis.setup import checks, cluster, javascript, local, locks, messages, paths, places, python, server, system, tests
from gis.setup.talk import Stop, say

Words = list[str]


def chosen() -> tuple[str, Path | None]:
    """The place and the extract that PLACE and OSM name; raises Stop when the file is not there."""
    extract = Path(os.environ["OSM"]).expanduser().resolve() if os.environ.get("OSM") else None
    if extract is not None and not extract.is_file():
        raise Stop(f"OSM={os.environ['OSM']}: there is no such file.")
    place = os.environ.get("PLACE") or (places.name_of(extract) if extract else places.SAMPLE)
    return places.checked(place), extract


def ready(*groups: str, browser: bool = False, place: str = "") -> None:
    """System packages, Python and JavaScript libraries, a place's database; nothing that is there already.

    Python's libraries take longest, and nothing else waits for them: the rest is done beside them.
    """
    system.check_room()
    system.install(server=not places.outside(), browser=browser)
    with ThreadPoolExecutor(1) as beside:
        libraries = beside.submit(python.install, *groups)
        javascript.install()
        if place and not places.outside():
            places.open_database(place)
        libraries.result()
    if place and places.outside():  # asked by a program that needs the libraries
        places.open_database(place)


def run(words: Words) -> None:
    """Set up what is missing, fill an empty place, and serve it."""
    place, extract = chosen()
    number = server.check_port()
    with local.locked():
        ready("main", place=place)
        server.prepare(place)
        places.migrate(place)
        places.fill(place, extract)
        places.sign_ins(place)
    status = server.serve(place, number)
    if status:
        raise Stop(f"The web server ended with status {status}; its last lines stand above.")


def demo(words: Words) -> None:
    """Print new one-time sign-ins of the place."""
    place, _ = chosen()
    with local.locked():
        ready("main", place=place)
        places.sign_ins(place, again=True)


def database(words: Words) -> None:
    """Start the cluster and make the database of each place named."""
    with local.locked():
        for place in words or [chosen()[0]]:
            places.open_database(place)


def stop(words: Words) -> None:
    """End the web server and the cluster of this clone."""
    server.stop()
    if paths.LOCAL.exists():
        with local.locked():
            cluster.stop()
    else:
        say("This clone was never set up.")


def discard(words: Words) -> None:
    """Stop everything and delete this clone's databases; only by name, never by a target of make."""
    server.stop()
    with local.locked():
        cluster.discard()


def test(words: Words) -> None:
    """Set up, then run all tests; with SCALE=city those of a whole prefecture instead."""
    city = os.environ.get("SCALE") == "city"
    with local.locked():
        ready("main", "dev", browser=True, place=places.SAMPLE)
        server.prepare(places.SAMPLE)
        if city:
            places.sized("city")
    tests.run([*words, "tests/city"] if city and not any(word.startswith("tests") for word in words) else words)


def check(words: Words) -> None:
    """Set up, then run every check that needs no browser."""
    with local.locked():
        ready("main", "dev", place=places.SAMPLE)
        messages.compile_all()
        server.collect()
        with checks.asked() as judge:
            server.warm(places.SAMPLE)  # no check needs it, and whatever is done next does
    judge()


def bench(words: Words) -> None:
    """Set up with the peers, then run the benchmarks named, or all."""
    with local.locked():
        ready("main", "dev", "bench")
        places.sized("town" if os.environ.get("SCALE") == "town" else "city")
    tests.bench(words)


def lock(words: Words) -> None:
    """Write the Python locks anew from pyproject.toml."""
    with local.locked():
        ready("main", "dev")
    locks.write(upgrade="--upgrade" in words)


COMMANDS: dict[str, Callable[[Words], None]] = {
    function.__name__: function for function in (run, demo, database, stop, discard, test, check, bench, lock)
}


def main(words: Words) -> int:
    """Run one command; an expected trouble becomes a sentence and status 1."""
    if not words or words[0] not in COMMANDS:
        say(f"Say one of: {', '.join(COMMANDS)}")
        return 2
    try:
        COMMANDS[words[0]](words[1:])
    except Stop as reason:
        say(f"\n{reason}")
        return 1
    except PermissionError as error:
        say(f"\nThis account lacks the right to do that: {error}")
        return 1
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        say("\nThe disk is full. Make room (df -h shows where) and run the same command again.")
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        say("\nInterrupted; run the same command again to go on.")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
