"""Turns an absent database into 503 with a sentence, and a Problem raised by a page into its page."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from gis.shared.errors import Problem, Unavailable
from gis.shared.responses import RETRY_AFTER_SECONDS, problem_response, wants_json


class OutageMiddleware:
    """Outermost middleware: catches what only it can answer without the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the errors come back through `process_exception` or here."""
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return self.unavailable(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an outage or a Problem; leave everything else to Django."""
        if isinstance(exception, OperationalError | InterfaceError):
            return self.unavailable(request)
        if isinstance(exception, Problem):
            return problem_response(request, exception)
        return None

    def unavailable(self, request: HttpRequest) -> HttpResponse:
        """503 that needs no session, no template and no database."""
        problem = Unavailable(_("The database does not answer. Nothing was lost; please try again in a few seconds."))
        if wants_json(request):
            return problem_response(request, problem)
        response = HttpResponse(
            "<!doctype html><meta charset=utf-8>"
            f"<title>{problem.title}</title><h1>{problem.title}</h1><p>{problem.detail}",
            status=503,
        )
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
