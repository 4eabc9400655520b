"""The JSON doors to the ground."""

from ninja import Router

router = Router(tags=["grids"])
