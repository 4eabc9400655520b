"""The one explicit list of map layers. Tiles, legend, layer switch and permission all come from here."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from gis.shared.errors import Text
from gis.shared.layer import Layer
from grids.layer import LAYERS as GRID_LAYERS
from layers.sites.layer import LAYERS as SITE_LAYERS
from layers.streets.layer import LAYERS as STREET_LAYERS
from layers.tickets.layer import LAYERS as TICKET_LAYERS
from layers.tickets.public import LAYERS as PUBLIC_TICKET_LAYERS

LAYERS: tuple[Layer, ...] = tuple(
    sorted(
        (make() for make in (*STREET_LAYERS, *GRID_LAYERS, *SITE_LAYERS, *TICKET_LAYERS, *PUBLIC_TICKET_LAYERS)),
        key=lambda layer: layer.order,
    )
)
"""Every layer, in drawing order, the lowest first."""

BASE = "base"
FAMILIES: dict[str, Text] = {"areas": _("Areas of all tiers")}
"""What the files are called that hold all layers of a family."""


def group_of(layer: Layer) -> str:
    """The name of the tile that carries a layer: "base", the layer's own `group`, or its app's name."""
    if layer.base:
        return BASE
    return layer.group or type(layer).__module__.split(".")[-2]


def groups() -> dict[str, list[Layer]]:
    """Layers by group, groups and layers in drawing order."""
    found: dict[str, list[Layer]] = {}
    for layer in LAYERS:
        found.setdefault(group_of(layer), []).append(layer)
    return found


def layers_of(name: str) -> list[Layer]:
    """The layers behind the first part of a tile's address: a group or a single layer; empty when there is none."""
    return groups().get(name) or [layer for layer in LAYERS if layer.name == name]


def every_name() -> list[str]:
    """What a tile's address may begin with: groups and single layers."""
    return sorted({*groups(), *(layer.name for layer in LAYERS)})


def public_layers() -> dict[str, list[Layer]]:
    """Those first parts of a tile's address behind which every layer is public by its nature, with their layers."""
    found = {name: layers_of(name) for name in every_name()}
    return {name: layers for name, layers in found.items() if all(layer.is_public() for layer in layers)}


def scopes(layers: list[Layer], asker: Any) -> dict[Layer, str]:
    """Those of the layers that the asker may see, each with the key of those who share the answer.

    Layers that share one rule (the method `scope`) are asked once: the rule speaks of the asker, not of the layer.
    """
    told: dict[Any, str | None] = {}
    for layer in layers:
        rule = type(layer).scope
        if rule not in told:
            told[rule] = layer.scope(asker)
    found = ((layer, told[type(layer).scope]) for layer in layers)
    return {layer: scope for layer, scope in found if scope is not None}


def readable(layers: list[Layer], asker: Any) -> dict[str, Layer]:
    """Those of the layers that the asker may see, by name."""
    return {layer.name: layer for layer in layers if layer.scope(asker) is not None}
