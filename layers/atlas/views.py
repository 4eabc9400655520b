"""The map page and its tiles: thin callers."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gis.shared.errors import Missing, Refused, SignInNeeded
from gis.shared.periods import moment_from
from gis.shared.tiles import exists
from grids.permissions import asked_once
from layers.atlas import session
from layers.atlas.keeping import Answer, answer
from layers.atlas.modules import IMPORTS, first_modules
from layers.atlas.registry import BASE, layers_of, scopes

BASE_AGE_SECONDS = 300


@require_safe
@never_cache
def map_page(request: HttpRequest) -> HttpResponse:
    """The one page; what it shows stands in its address and is drawn in the browser."""
    now = timezone.now()
    config: dict[str, Any] = {
        "session": session.session_of(request.user, now=now),
        "sources": session.sources(request.user),
        "extent": session.extent(request.user, now=now),
    }
    context = {
        "config": config,
        "place": config["session"]["place"],
        "bare": session.bare(now=now),
        "importmap": json.dumps({"imports": {name: static(path) for name, path in IMPORTS.items()}}),
        "modules": [static(path) for path in first_modules(request.GET.get("room", ""))],
        "language": get_language(),
        "may_draw": "area.draw" in config["session"]["may"],
        "may_open": "place.open" in config["session"]["may"],
        "initial": str(request.user)[:1].upper() if request.user.is_authenticated else "",
    }
    return render(request, "atlas/map.html", context)


@require_safe
def tile_view(request: HttpRequest, name: str, z: int, x: int, y: int) -> HttpResponse:
    """One vector tile of a group or a layer; 204 when empty, 404 when there is no such tile."""
    layers = layers_of(name)
    if not layers or not exists(z, x, y):
        raise Missing(_("There is no such tile."))
    now = timezone.now()
    with asked_once():
        moment = moment_from(request.GET.get("moment"), now=now)
        seen = scopes([layer.asked(request.GET, moment=moment, now=now) for layer in layers], request.user)
        if not seen:
            refuse(request)
        tile = answer(seen, z, x, y, asker=request.user, moment=moment, now=now)
    public = len(seen) == len(layers) and set(seen.values()) == {"public"}
    return tile_response(request, tile, name=name, public=public)


def tile_response(request: HttpRequest, tile: Answer, *, name: str, public: bool) -> HttpResponse:
    """A tile on its way out: 204 when empty, 304 when the asker has it already; who may keep it, and how long."""
    response = HttpResponse(tile.body, content_type="application/vnd.mapbox-vector-tile")
    if not tile.body:
        response = HttpResponse(status=204)
    # an empty tile is not kept unasked: where a place is opened in front of one's eyes, the next look must show it
    keep = f"max-age={BASE_AGE_SECONDS}" if name == BASE and tile.body else "no-cache"
    response.headers["Cache-Control"] = f"public, {keep}" if public else "private, no-cache"
    response.headers["ETag"] = f'"{tile.etag}"'
    if not public:
        patch_vary_headers(response, ["Cookie"])
    unchanged = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    return unchanged if isinstance(unchanged, HttpResponse) else response


def refuse(request: HttpRequest) -> None:
    """Say why a layer stays closed: nobody is signed in, or the appointments do not include it."""
    if not request.user.is_authenticated:
        raise SignInNeeded(_("Sign in to see this layer."))
    raise Refused(_("Your appointments do not include this layer."))
