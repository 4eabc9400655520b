"""What a server does before its first person comes: maps the streets, loads the kernels, reads where everybody lives
and how far they walk, so that the first answer comes no later than the next."""

import logging

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.utils import timezone

from gis.shared.errors import Problem
from layers.coverage import overview, queries
from layers.coverage.models import Settlement
from layers.coverage.overview import Asked
from layers.coverage.reading import age_bands, reading
from layers.streets import network

log = logging.getLogger(__name__)


def warm_up() -> None:
    """A drawn ring and the coverage of the whole place, as a visitor asks; nothing where there is nothing to read yet.

    Without a database or a network there is nothing to do, and the first request will say so itself.
    """
    try:
        now = timezone.now()
        walkable = network.current()
        if walkable is None or not walkable.walking.edge_count:
            return
        maker = walkable.maker(steps_allowed=True)
        maker.rings(maker.network.snap(walkable.walking.vertices[:1]), [100.0])
        if Settlement.objects.exists():  # reading it for the first time is the worker's business
            overview.overview(Asked(queries.profile_of("", now=now)), asker=AnonymousUser(), now=now)
            reading(now, age_bands())  # what circles of counties are cut from
    except (DatabaseError, Problem) as error:
        log.info("nothing was warmed up: %s", error)
    finally:
        connection.close()
