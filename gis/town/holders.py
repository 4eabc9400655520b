"""Who wrote down, handled and checked the sample town's tickets: holders of its posts, by their names. Plain logic."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gis.town.ground import Areas
from gis.town.people import Roster
from gis.town.places import NOWHERE, Places, Town
from gis.town.seasons import Rng

OWN = 0.7
"""So often the holder of the very grid handles a matter at a home, else a worker of the community."""


class Holders:
    """Holders of posts by number: the desk and the workers of each community, who is in office at each home."""

    def __init__(self, areas: Areas, roster: Roster) -> None:
        """Look the posts up once."""
        self.names: list[str] = []
        number: dict[str, int] = {}

        def numbered(name: str) -> int:
            if name not in number:
                number[name] = len(self.names)
                self.names.append(name)
            return number[name]

        held: dict[UUID, dict[str, list[int]]] = {}
        for post in roster.posts:
            if post.person is not None and post.role in ("chief", "worker", "front_desk"):
                name = numbered(roster.persons[post.person][0])
                held.setdefault(post.area, {}).setdefault(post.role, []).append(name)
        self.communities = areas.of_tier("community")
        position = {row.id: place for place, row in enumerate(self.communities)}
        desks = [held[row.id]["front_desk"][0] for row in self.communities]
        workers = [held[row.id]["worker"] for row in self.communities]
        self.desk = np.array(desks)
        self.workers = np.array([(names * 6)[:6] for names in workers])
        self.community = np.array([self._community(areas, home.area, position) for home in areas.homes])
        self.own = np.array([self._in_office(areas, home.area, held) for home in areas.homes])

    @staticmethod
    def _community(areas: Areas, area: UUID, position: dict[UUID, int]) -> int:
        """The community above a home."""
        while area not in position:
            area = areas.by_id[area].parent or area
        return position[area]

    @staticmethod
    def _in_office(areas: Areas, area: UUID | None, held: dict[UUID, dict[str, list[int]]]) -> int:
        """The chief or worker of the deepest grid of a home that has one, else NOWHERE."""
        while area is not None and areas.by_id[area].tier in ("unit", "building", "compound"):
            posts = held.get(area, {})
            for role in ("worker", "chief"):
                if posts.get(role):
                    return posts[role][0]
            area = areas.by_id[area].parent
        return NOWHERE

    def of(self, town: Town, places: Places, rng: Rng) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The desk and the handler of each place."""
        community = np.where(places.home == NOWHERE, NOWHERE, self.community[places.home])
        streets = np.flatnonzero(places.home == NOWHERE)
        tree = STRtree([row.geometry for row in self.communities])
        points = shapely.points(town.zone.degrees(places.xy[streets]))
        community[streets] = tree.nearest(points)
        worker = self.workers[community, rng.integers(0, 6, len(community))]
        own = np.where(places.home == NOWHERE, NOWHERE, self.own[places.home])
        chosen = (own != NOWHERE) & (rng.random(len(community)) < OWN)
        return self.desk[community], np.where(chosen, own, worker)
