"""What lies in an area: counties are taken whole by their mark, everything else by climbing down."""

from datetime import timedelta

import pytest

from grids.models import Boundary
from grids.models.area import subtree_ids
from tests.grids.ground import T0, put, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def prefecture(catalogues) -> dict[str, Boundary]:
    top = put("prefecture", square(0, 0, 200), code="99")
    west = put("county", square(0, 0, 100), top, code="990001")
    east = put("county", square(100, 0, 100), top, code="990002")
    town = put("street", square(0, 100, 50), top, code="99x")  # of the prefecture itself, in no county
    made = {"top": top, "west": west, "east": east, "town": town}
    for name, county in (("west", west), ("east", east)):
        x = 0 if name == "west" else 100
        made[f"{name} street"] = put("street", square(x, 0, 50), county)
        made[f"{name} community"] = put("community", square(x, 0, 40), made[f"{name} street"])
        made[f"{name} compound"] = put("compound", square(x, 0, 10), made[f"{name} community"])
    made["town community"] = put("community", square(0, 100, 40), town)
    return made


def climbed(roots: list[Boundary], moment) -> set:
    """The same by the plain way down."""
    rows = list(Boundary.objects.at(moment).values_list("area_id", "parent_id"))
    found, fresh = set(), {row.area_id for row in roots}
    while fresh:
        found |= fresh
        fresh = {area for area, parent in rows if parent in fresh} - found
    return found


def asked(roots: list[Boundary], moment) -> set:
    sub = subtree_ids([row.area_id for row in roots], moment)
    return set(Boundary.objects.filter(area_id__in=sub).values_list("area_id", flat=True))


def test_each_area_and_pairs_of_them(prefecture):
    rows = list(prefecture.values())
    for roots in [[], *([row] for row in rows), *([a, b] for a in rows for b in rows)]:
        assert asked(roots, T0) == climbed(roots, T0)


def test_only_what_is_there_at_the_moment(prefecture):
    later = T0 + timedelta(days=1)
    put("compound", square(20, 0, 10), prefecture["west community"], valid_from=later)
    for name in ("top", "west", "west street", "west community"):
        root = [prefecture[name]]
        assert asked(root, T0) == climbed(root, T0)
        assert asked(root, later) == climbed(root, later)
        assert len(asked(root, later)) == len(asked(root, T0)) + 1
