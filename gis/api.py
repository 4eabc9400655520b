"""The JSON API: one object, a router for each app, one table from errors to answers."""

import logging
from typing import Any

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.errors import HttpError as NinjaHttpError

from gis.shared.errors import Invalid, Missing, Problem, SignInNeeded
from gis.shared.responses import problem_response

logger = logging.getLogger(__name__)
api = NinjaAPI(title="Wangge", version="1", docs_url=None, urls_namespace="api")

ROUTERS = {
    "": "grids.api.router",
    "/imports/population": "grids.population_api.router",
    "/imports/sites": "layers.sites.import_api.router",
    "/imports/areas": "grids.import_api.router",
    "/imports/places": "gis.town.api.router",
    "/imports/tickets": "layers.tickets.import_api.router",
    "/areas": "grids.history_api.router",
    "/ground": "grids.soundness_api.router",
    "/tickets": "layers.tickets.api.router",
    "/tickets/public": "layers.tickets.public_api.router",
    "/tickets/callers": "layers.tickets.reporter_api.callers",
    "/tickets/{uuid:ticket_id}/reporter": "layers.tickets.reporter_api.router",
    "/sites": "layers.sites.api.router",
    "/gates": "layers.streets.api.router",
    "/circles": "layers.coverage.api.router",
    "/coverage": "layers.coverage.place_api.router",
    "/hotspots": "layers.hotspots.api.router",
    "/hotspots/runs": "layers.hotspots.runs.router",
    "/sketches": "grids.sketch_api.router",
    "/roster": "grids.roster_api.router",
    "/atlas": "layers.atlas.api.router",
    "/layers": "layers.atlas.taking.router",
    "/jobs": "gis.jobs.api.router",
    "/files": "gis.files.api.router",
}
for prefix, path in ROUTERS.items():
    api.add_router(prefix, import_string(path))


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Every error of ours."""
    return problem_response(request, problem)


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request that does not fit the schema: which field and why."""
    fields: dict[str, Any] = {".".join(map(str, item["loc"])): item["msg"] for item in error.errors}
    detail = "; ".join(f"{name}: {message}" for name, message in fields.items())
    return problem_response(request, Invalid(detail, code="bad-request", fields=fields))


@api.exception_handler(DataError)
@api.exception_handler(UnicodeEncodeError)
def on_unstorable(request: HttpRequest, error: Exception) -> HttpResponse:
    """A value that no row of the database can hold: a NUL or half a character in a text, too large a number.

    A mistake of ours may look the same, so it is logged; but not in the database's words, which repeat the value: it
    may be somebody's name or number.
    """
    code = getattr(error.__cause__, "sqlstate", None) or "-"
    logger.warning("%s %s: %s %s", request.method, request.path, type(error).__name__, code)
    return problem_response(
        request, Invalid(_("A value has a character or a size that cannot be stored."), code="bad-value")
    )


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in."""
    return problem_response(request, SignInNeeded(_("Sign in to do this.")))


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """No such thing."""
    return problem_response(request, Missing(_("There is nothing at this address.")))


@api.exception_handler(NinjaHttpError)
def on_bad_body(request: HttpRequest, error: NinjaHttpError) -> HttpResponse:
    """A body that cannot be read as JSON."""
    return problem_response(request, Invalid(str(error), code="bad-request"))
