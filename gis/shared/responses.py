"""How a Problem leaves the house: problem+json for programs, a plain page for people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from gis.shared.errors import Problem

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
