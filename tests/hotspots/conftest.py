"""The small ground of the ticket tests with tickets strewn over it, and many about one spot."""

from datetime import timedelta

import numpy as np
import pytest

from tests.tickets.conftest import IN_EAST, NOW, SOUTH, WEST, Ground, make_ground

SPOT = (round(IN_EAST[0] - 0.005, 8), IN_EAST[1])
"""The middle of the planted cluster, in the community east."""
SCATTERED, PLANTED = 150, 60


def strew() -> None:
    """150 tickets anywhere in the county and 60 within about 100 m of SPOT, over the 100 days before NOW."""
    from layers.tickets.actions import import_rows
    from layers.tickets.records import TicketRow

    rng = np.random.default_rng(42)
    anywhere = rng.uniform([WEST, SOUTH], [WEST + 0.04, SOUTH + 0.04], (SCATTERED, 2))
    there = rng.normal(SPOT, 0.0006, (PLANTED, 2))
    rows = [
        TicketRow(
            line=number,
            lon=float(lon),
            lat=float(lat),
            category="street_lamp" if number >= SCATTERED else "other",
            reported_at=NOW - timedelta(days=100 * number / (SCATTERED + PLANTED), hours=1),
            text=f"第 {number} 件",
        )
        for number, (lon, lat) in enumerate(np.vstack([anywhere, there]))
    ]
    outcome = import_rows(rows, now=NOW, channel="import", source="test")
    assert outcome.stored == len(rows), outcome.refused


@pytest.fixture
def ground(db) -> Ground:
    made = make_ground()
    strew()
    return made


@pytest.fixture
def as_(client, ground):
    """`as_("planner")`: a client signed in as that post; `as_(None)`: nobody."""

    def sign_in(post: str | None):
        client.logout()
        if post:
            client.force_login(ground.people[post])
        return client

    return sign_in
