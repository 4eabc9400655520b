"""Long work on residents: a file is checked, or stored."""

from typing import Any

from gis.jobs.bringing import LEFT_OUT, brought, left_out
from gis.jobs.registry import job
from gis.jobs.running import Run
from grids.population_import import bring_in, said_from

CHECK, STORE = "population-check", "population-import"


@job(CHECK)
def check(run: Run, *, source: str, said: dict[str, Any]) -> dict[str, Any]:
    """Read the file that the job `source` brought (perhaps this one) and say what it would become."""
    return _done(run, source, said, (), commit=False)


@job(STORE)
def store(run: Run, *, source: str, said: dict[str, Any], agreed: list[str]) -> dict[str, Any]:
    """Store it; done twice, the second time finds everything there and changes nothing."""
    return _done(run, source, said, tuple(agreed), commit=True)


def _done(run: Run, source: str, said: dict[str, Any], agreed: tuple[str, ...], *, commit: bool) -> dict[str, Any]:
    """Examine or store, keep the list of the lines that were left out, return the report."""
    path, name = brought(source)
    found = bring_in(
        path, said_from(said, agreed=agreed), actor=run.actor, now=run.now(), name=name, commit=commit,
        tell=run.progress,
    )  # fmt: skip
    if found.faults:
        run.keep(LEFT_OUT, left_out(found.faults))
    return {**found.report, "job": source, "said": said}
