"""Turns an absent database into 503 with a sentence, and a Problem raised by a page into its page."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gis.shared.errors import Failure, Problem, Unavailable
from gis.shared.responses import RETRY_AFTER_SECONDS, problem_response, wants_json

OUTAGES = (OperationalError, InterfaceError)


class OutageMiddleware:
    """Outermost middleware: answers outages and Problems of views; keeps the API's answers out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; a view's errors come back through `process_exception`, other middleware's through `failed`."""
        response = self.get_response(request)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an outage or a Problem; leave everything else to Django."""
        if isinstance(exception, OUTAGES):
            return unavailable(request)
        if isinstance(exception, Problem):
            return problem_response(request, exception)
        return None


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 that needs no session, no template and no database."""
    problem = Unavailable(_("The database does not answer. Nothing was lost; please try again in a few seconds."))
    if wants_json(request):
        return problem_response(request, problem)
    response = HttpResponse(
        f"<!doctype html><meta charset=utf-8><title>{problem.title}</title><h1>{problem.title}</h1><p>{problem.detail}",
        status=503,
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: an outage that struck outside a view (saving a session), or a defect of ours."""
    if isinstance(sys.exc_info()[1], OUTAGES):
        return unavailable(request)
    if wants_json(request):
        told = _("Something went wrong on the server; nothing was changed. Tell your administrator the time.")
        return problem_response(request, Failure(told))
    return render(request, "500.html", status=500)
