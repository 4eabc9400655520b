"""A place's own database: made, brought up to date, filled once."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from gis.setup import cluster, local, paths
from gis.setup.talk import Stop, run, say

WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
SAMPLE = "town"
ENDINGS = (".osm.gz", ".osm.bz2", ".osm.pbf", ".osm", ".pbf", ".xml")


def name_of(extract: Path) -> str:
    """A place's name from an extract's file name: gh_moscow.osm.gz gives gh_moscow."""
    name = extract.name.lower()
    stem = next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), extract.stem.lower())
    word = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")[:40]
    return checked(word if word[:1].isalpha() else f"place_{word}"[:40].rstrip("_"))


def checked(place: str) -> str:
    """The name itself, if it can name a database; raises Stop."""
    if not WORD.fullmatch(place):
        raise Stop(
            f"PLACE={place}: a place's name has lower-case letters, digits and _, begins with a letter, "
            "and is 40 long at most."
        )
    return place


def outside() -> str:
    """DATABASE_URL from the environment: somebody else's database, where nothing is started or made."""
    return os.environ.get("DATABASE_URL", "")


def key_of(place: str) -> str:
    """What the stamps of this place's database begin with."""
    if outside():
        return f"url-{sha256(outside().encode()).hexdigest()[:12]}:"
    return f"wangge_{place}:"


def manage(*words: str, place: str, name: str = "", show: bool = False) -> str:
    """Run a management command on this place; raises Stop with its last lines."""
    env = {"PLACE": place, "PYTHONUNBUFFERED": "1"}
    return run([paths.PYTHON, "manage.py", *words], name=name or words[0], env=env, show=show)


def has_command(name: str) -> bool:
    """Whether one of our apps brings this management command."""
    return any(True for top in ("gis", "grids", "layers") for _ in (paths.ROOT / top).glob(f"**/commands/{name}.py"))


def code(*patterns: str) -> Iterator[Path]:
    """Our own files that match."""
    for top in ("gis", "grids", "layers"):
        for pattern in patterns:
            yield from (paths.ROOT / top).glob(pattern)


def open_database(place: str) -> None:
    """Make sure that this place's database is there and can hold it."""
    checked(place)
    local.keep_settings()
    if outside():
        run([paths.PYTHON, "-m", "gis.setup.extensions", outside()], name="DATABASE_URL")
        return
    name = f"wangge_{place}"
    if cluster.make_database(cluster.up(), name):
        local.forget(f"{name}:")
        local.set_aside(paths.LOCAL / "audit" / place)  # heads of a chain that went with the former database
        local.set_aside(paths.LOCAL / "files" / place)  # and its pictures
        say(f"Made the database {name}")


def migrate(place: str) -> None:
    """Bring the tables and the catalogues up to date, when a migration or a list has changed."""
    tables = local.fingerprint([*code("**/migrations/*.py"), paths.LOCKS / "main.txt"])
    once(place, "migrate", tables, "Bringing the tables up to date", "migrate", "--no-input")
    lists = local.fingerprint([*(paths.ROOT / "data").glob("catalogues/*.csv"), *code("catalogue/**/*.py")], tables)
    once(place, "catalogues", lists, "Loading the catalogues", "load_catalogues")


def once(place: str, step: str, inputs: str, text: str, *words: str) -> None:
    """Run a management command on a place unless it ran with the same inputs; always on somebody else's database."""
    if local.is_done(key_of(place) + step, inputs) and not outside():
        return
    say(text)
    manage(*words, place=place)
    local.mark_done(key_of(place) + step, inputs)


def fill(place: str, extract: Path | None) -> None:
    """Fill an empty place once: from an extract, with the sample town, or as an empty place."""
    step = key_of(place) + "content"
    if extract is not None:
        words = ["import_osm", str(extract), "--commit", "--if-empty"]
    else:
        words = ["make_town", "--if-empty"] if place == SAMPLE else ["make_empty_place"]
    if local.stamps().get(step):
        if extract is not None and local.stamps()[step] != words[0]:
            raise Stop(f"The place {place} is there already and was not made from an extract. Say PLACE=another_name.")
        return
    say(
        {
            "import_osm": f"Importing {extract} into the empty place {place}",
            "make_town": "Making the sample town (half a minute)",
            "make_empty_place": f"Making the empty place {place}",
        }[words[0]]
    )
    output = manage(*words, place=place)
    if extract is not None:
        say(output.strip())
    local.mark_done(step, words[0])


def sized(scale: str) -> str:
    """The place of the benchmarks and the tests at a size ("town" or "city"), made once; gives its name."""
    place = f"bench_{scale}"
    if outside():
        raise Stop("DATABASE_URL names somebody's database: benchmarks and tests at city size make their own places.")
    open_database(place)
    migrate(place)
    text = f"Making the place {place} ({'minutes' if scale == 'city' else 'half a minute'}, once)"
    once(place, "content", scale, text, "make_town", "--scale", scale, "--if-empty")
    return place


def sign_ins(place: str, *, again: bool = False) -> None:
    """Print demo sign-ins with new one-time passwords: once by itself, later only when asked for."""
    step = key_of(place) + "demo"
    if (again or not local.stamps().get(step)) and has_command("demo_accounts"):
        manage("demo_accounts", place=place, show=True)
        local.mark_done(step, "printed")
