"""How a Problem leaves the house: problem+json for programs, a plain page for people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gis.shared.errors import Missing, Problem, Refused

RETRY_AFTER_SECONDS = 5


def wants_json(request: HttpRequest) -> bool:
    """True for the API and for tiles, where no person reads the answer."""
    return request.path.startswith(("/api/", "/tiles/"))


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer for one problem, in the form the asker reads."""
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(problem.document(), status=problem.status, content_type="application/problem+json")
    else:
        context: dict[str, Any] = {"problem": problem}
        response = render(request, "gis/problem.html", context, status=problem.status)
    if problem.status == 503:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: the same two forms."""
    return problem_response(request, Missing(_("There is nothing at this address.")))


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return problem_response(request, Refused(_("Your appointments do not include this.")))


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: almost always a page left open for too long."""
    return problem_response(
        request, Refused(_("This page was open for too long. Load it again and repeat."), code="csrf")
    )
