"""The short way of tiles that are the same for everybody: a map asks for dozens at once, and nobody needs to be known.

Sessions, languages and forms cost several times as much as reading a kept tile. Only groups all of whose layers have
no rule about who may see them come this way, only for now, and only when all goes well: whatever is out of the
ordinary (a moment, no such tile, an outage) is left to the view, which answers in the asker's language.
"""

import re
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from gis.shared.outage import OUTAGES
from gis.shared.tiles import exists
from layers.atlas.keeping import answer
from layers.atlas.registry import public_layers
from layers.atlas.views import tile_response

ADDRESS = re.compile(r"/tiles/([-a-zA-Z0-9_]+)/([0-9]{1,2})/([0-9]{1,8})/([0-9]{1,8})\.mvt")
NOBODY = AnonymousUser()
CLOSED = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What later middleware says of every answer; a tile loads nothing and is shown in no frame."""


class PublicTileMiddleware:
    """Stands after Django's SecurityMiddleware, whose headers and whose way to HTTPS hold for tiles too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack, and which names are public: that is written in the code of the layers."""
        self.get_response = get_response
        self.public = public_layers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a public tile of now; pass on everything else."""
        return self._quick(request) or self.get_response(request)

    def _quick(self, request: HttpRequest) -> HttpResponse | None:
        """A public tile, or None where the long way has to answer."""
        found = ADDRESS.fullmatch(request.path_info)
        if found is None or request.method not in {"GET", "HEAD"} or request.META.get("QUERY_STRING"):
            return None
        name, (z, x, y) = found[1], (int(part) for part in found.groups()[1:])
        layers = self.public.get(name)
        if not layers or not exists(z, x, y):
            return None
        request.get_host()  # raises for a host that is not ours, as CommonMiddleware does
        now = timezone.now()
        try:
            tile = answer(dict.fromkeys(layers, "public"), z, x, y, asker=NOBODY, moment=now, now=now)
        except OUTAGES:
            return None
        response = tile_response(request, tile, name=name, public=True)
        for header, value in CLOSED.items():
            response.headers[header] = value
        response.headers["Content-Length"] = str(len(response.content))
        return response
