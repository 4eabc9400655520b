"""The JSON doors of this app."""

from ninja import Router

router = Router(tags=["hotspots"])
