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
from layers.sites.models import SiteThen
from layers.streets import network

MINUTES = [5, 10, 15]
log = logging.getLogger(__name__)


def warm_up() -> None:
    """A drawn ring, the coverage of the whole place and a circle, as a visitor asks; nothing where there is nothing to
    read yet.

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
            pace, nobody = queries.profile_of("", now=now), AnonymousUser()
            overview.overview(Asked(pace), asker=nobody, now=now)
            reading(now, age_bands())  # what circles of counties are cut from
            if (site := SiteThen.objects.at(now).order_by("pk").first()) is not None:
                lon, lat = site.geometry.coords
                asked = queries.Question(lon, lat, site, MINUTES, pace, now, None, "as-is")
                queries.circle(asked, asker=nobody, now=now)
    except (DatabaseError, Problem) as error:
        log.info("nothing was warmed up: %s", error)
    finally:
        connection.close()
