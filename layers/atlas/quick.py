"""The short way of tiles: a map asks for dozens at once, and sessions, languages and forms cost several times as much
as reading a kept tile.

Of groups all of whose layers have no rule about who may see them, nobody needs to be known. Of the others, whoever asks
is recognised by the rules of sign-ins, with grants as they are at this request. Only tiles of now come this way, and
only when all goes well: whatever is out of the ordinary (a moment, filters, no such tile, no right to it, a session
that is over, an outage) is left to the view, which answers in the asker's language.
"""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from gis.accounts.sessions import known
from gis.shared.layer import Layer
from gis.shared.outage import OUTAGES
from gis.shared.tiles import exists
from grids.permissions import asked_once
from layers.atlas.keeping import answer
from layers.atlas.registry import every_name, layers_of, public_layers, scopes
from layers.atlas.views import tile_response

ADDRESS = re.compile(r"/tiles/([-a-zA-Z0-9_]+)/([0-9]{1,2})/([0-9]{1,8})/([0-9]{1,8})\.mvt")
NOBODY = AnonymousUser()
CLOSED = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What later middleware says of every answer; a tile loads nothing and is shown in no frame."""


class TileMiddleware:
    """Stands after Django's SecurityMiddleware, whose headers and whose way to HTTPS hold for tiles too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the stack, and which names there are and which are public: that is written in the code."""
        self.get_response = get_response
        self.layers = {name: layers_of(name) for name in every_name()}
        self.public = {name: dict.fromkeys(layers, "public") for name, layers in public_layers().items()}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a tile of now; pass on everything else."""
        return self._quick(request) or self.get_response(request)

    def _quick(self, request: HttpRequest) -> HttpResponse | None:
        """A tile, or None where the long way has to answer."""
        found = ADDRESS.fullmatch(request.path_info)
        if found is None or request.method not in {"GET", "HEAD"} or request.META.get("QUERY_STRING"):
            return None
        name, (z, x, y) = found[1], (int(part) for part in found.groups()[1:])
        layers = self.layers.get(name)
        if not layers or not exists(z, x, y):
            return None
        request.get_host()  # raises for a host that is not ours, as CommonMiddleware does
        now = timezone.now()
        try:
            with asked_once():
                asker = NOBODY if name in self.public else known(request, now=now)
                seen = self.public.get(name) or self._scopes(layers, asker)
                tile = answer(seen, z, x, y, asker=asker, moment=now, now=now) if seen else None
        except OUTAGES:
            return None
        if tile is None:
            return None
        public = len(seen) == len(layers) and set(seen.values()) == {"public"}
        response = tile_response(request, tile, name=name, public=public)
        for header, value in CLOSED.items():
            response.headers[header] = value
        response.headers["Content-Length"] = str(len(response.content))
        return response

    @staticmethod
    def _scopes(layers: list[Layer], asker: Any) -> dict[Layer, str]:
        """What somebody who was recognised may see."""
        return scopes(layers, asker) if asker is not None else {}
