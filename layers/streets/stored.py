"""The arrays of one making of the network: read from its rows once, kept in a file that all workers map."""

import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from gis.shared.geometry import to_metres, xy_to_metres
from grids import mapped
from grids.ground import database_key
from layers.streets.actions import compounds_at
from layers.streets.models import Network, Passage
from layers.streets.snapping import Pieces
from layers.streets.walking import OPEN, OUTSIDE, Passages, WalkingNetwork

SHARED_FROM = 20_000
"""From this many edges on the arrays are worth a file; fewer are read faster than a file is found."""
MOST_FILES = 3
log = logging.getLogger(__name__)
OWN = ("start", "end", "vertices", "line_at", "steps", "side")
MADE = ("edge_mm", "edge_length", "node_xy")


@dataclass(frozen=True)
class Streets:
    """One making: the network with every gate open, and what its numbers mean.

    `walled` are the areas of `walking.walls`, `gates` those that its passages number; `in_wall` says of each passage
    whether its compound was known to be walled.
    """

    walking: WalkingNetwork
    walled: list[uuid.UUID]
    gates: list[uuid.UUID]
    in_wall: NDArray[np.bool_]


def streets_of(network: Network) -> Streets | None:
    """The arrays of a making, mapped where a neighbour has left them; None when the rows are no longer its own."""
    if network.edges < SHARED_FROM:
        return read(network)
    try:
        path = file_of(network)
        mapped.private(path.parent)
        found = _mapped(path)
        if found is not None:
            return found
        with mapped.alone(path.parent):
            for debris in path.parent.glob(".making-*"):  # of a process that was killed: nobody else is making
                debris.unlink(missing_ok=True)
            found = _mapped(path)  # a neighbour may have made it while we waited
            if found is not None:
                return found
            streets = read(network)
            if streets is None:
                return None
            mapped.write(path, *arrays_of(streets))
            mapped.keep_newest(path.parent, "*.network", MOST_FILES)
    except OSError as error:  # a full disk, a folder that is not ours: then every worker keeps its own
        log.warning("the walking network cannot be shared: %s", error)
        return read(network)
    return _mapped(path) or streets


def file_of(network: Network) -> Path:
    """Where the arrays of a making lie, in the private folder of this database's indexes.

    With the moment of its making: a place that was dropped and made anew counts its networks from one again.
    """
    made = f"{network.pk}-{network.made_at.timestamp():.6f}"
    return Path(settings.GROUND_DIR) / database_key() / f"{made}.network"


def _mapped(path: Path) -> Streets | None:
    """The arrays of a file; None when there is none that is sound."""
    try:
        return of_arrays(*mapped.read(path))
    except FileNotFoundError:
        return None
    except (mapped.Unsound, KeyError) as error:
        log.warning("a walking network is left aside: %s", error)
        path.unlink(missing_ok=True)
        return None


def arrays_of(streets: Streets) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What a file holds: every array that does not depend on who may pass, and a few words."""
    walking = streets.walking
    pieces = walking.every_piece
    part, metres = walking.islands
    walls = [np.frombuffer(wkb, np.uint8) for wkb in shapely.to_wkb(np.array(walking.walls, dtype=object))]
    arrays = {name: getattr(walking, name) for name in (*OWN, *MADE)}
    arrays |= {f"row_{name}": a for name, a in zip(("first", "heads", "mm", "from"), walking.rows, strict=True)}
    arrays |= {f"piece_{name}": getattr(pieces, name) for name in Pieces._fields[:6]}
    arrays |= {f"pass_{name}": getattr(walking.passages, name) for name in ("outside", "inside", "gate")}
    arrays["pass_wall"] = streets.in_wall
    arrays |= {"island": part, "island_m": metres, "wall_at": np.cumsum([0, *map(len, walls)])}
    arrays["walls"] = np.concatenate([np.empty(0, np.uint8), *walls])
    arrays["walled"], arrays["gates"] = _bytes(streets.walled), _bytes(streets.gates)
    grid = {name: getattr(pieces, name) for name in Pieces._fields[6:]}
    return arrays, {"epsg": walking.epsg, "nodes": walking.node_count, "grid": grid}


def of_arrays(arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> Streets:
    """The making whose arrays these are, without any work."""
    at = arrays["wall_at"]
    body = arrays["walls"].tobytes()
    walls = shapely.from_wkb([body[a:b] for a, b in zip(at[:-1], at[1:], strict=True)])
    gate = arrays["pass_gate"]
    own: dict[str, Any] = {name: arrays[name] for name in OWN}
    walking = WalkingNetwork(
        epsg=int(told["epsg"]),
        node_count=int(told["nodes"]),
        walls=tuple(walls),
        passages=Passages(arrays["pass_outside"], arrays["pass_inside"], gate, np.full(len(gate), OPEN, np.int8)),
        **own,
    )
    listed: dict[str, Any] = {name: arrays[f"piece_{name}"] for name in Pieces._fields[:6]}
    pieces = Pieces(**listed, **told["grid"])
    made: dict[str, Any] = {name: arrays[name] for name in MADE}
    made |= {"every_piece": pieces, "islands": (arrays["island"], arrays["island_m"])}
    made["rows"] = tuple(arrays[f"row_{name}"] for name in ("first", "heads", "mm", "from"))
    walking.__dict__.update(made)
    return Streets(walking, _ids(arrays["walled"]), _ids(arrays["gates"]), arrays["pass_wall"])


def read(network: Network) -> Streets | None:
    """Read a making from its rows; None when another came meanwhile. Its walls are those it was made with."""
    walls = [compound for compound in compounds_at(network.made_at) if compound.walled]
    number_of = {compound.area_id: number for number, compound in enumerate(walls)}
    with connection.cursor() as cursor:
        # one statement, one state: a making that ends meanwhile cannot come in between
        cursor.execute(
            "SELECT e.start_node, e.end_node, e.steps, e.inside_id, ST_AsBinary(e.geometry) FROM streets_edge e"
            " WHERE (SELECT max(id) FROM streets_network) = %s ORDER BY e.id",
            [network.pk],
        )
        found = cursor.fetchall()
    through = list(Passage.objects.order_by("id").values_list("outside", "inside", "gate_id", "wall_id"))
    if Network.objects.order_by("-id").values_list("pk", flat=True).first() != network.pk:
        return None
    lines = shapely.from_wkb(np.array([bytes(row[4]) for row in found], dtype=object))
    vertices, edge_of = shapely.get_coordinates(lines, return_index=True)
    gates = list(dict.fromkeys(row[2] for row in through))
    gate_number = {gate: number for number, gate in enumerate(gates)}
    walking = WalkingNetwork(
        epsg=network.epsg,
        node_count=network.nodes,
        start=np.array([row[0] for row in found], dtype=np.int32),
        end=np.array([row[1] for row in found], dtype=np.int32),
        vertices=xy_to_metres(vertices, network.epsg),
        line_at=np.concatenate(([0], np.cumsum(np.bincount(edge_of, minlength=len(found))))).astype(np.int64),
        steps=np.array([row[2] for row in found], dtype=bool),
        # a wall that a correction took out of the past since then is none any more, and the network is stale
        side=np.array([number_of.get(row[3], OUTSIDE) for row in found], dtype=np.int32),
        walls=tuple(to_metres(compound.geometry, network.epsg) for compound in walls),
        passages=Passages(
            np.array([row[0] for row in through], dtype=np.int32),
            np.array([row[1] for row in through], dtype=np.int32),
            np.array([gate_number[row[2]] for row in through], dtype=np.int32),
            np.full(len(through), OPEN, np.int8),
        ),
    )
    in_wall = np.array([row[3] in number_of for row in through], dtype=bool)
    return Streets(walking, [compound.area_id for compound in walls], gates, in_wall)


def _bytes(ids: list[uuid.UUID]) -> NDArray[np.uint8]:
    """Ids as rows of sixteen bytes."""
    return np.frombuffer(b"".join(one.bytes for one in ids), np.uint8).reshape(-1, 16)


def _ids(rows: NDArray[np.uint8]) -> list[uuid.UUID]:
    """The same back."""
    return [uuid.UUID(bytes=row.tobytes()) for row in rows]
