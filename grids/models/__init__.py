"""The ground and who stands on it."""

from grids.models.area import Area, Boundary, BoundaryChange, Tier, Walled
from grids.models.gap import AllowedGap
from grids.models.people import Appointment, Membership, Organisation, OrganisationKind, Person, Role
from grids.models.population import AgeBand, Population, PopulationPoint
from grids.models.sketch import Sketch
from grids.models.withdrawn import Telling, WithdrawnBoundary, as_recorded, withdraw

__all__ = [
    "AgeBand",
    "AllowedGap",
    "Appointment",
    "Area",
    "Boundary",
    "BoundaryChange",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "Person",
    "Population",
    "PopulationPoint",
    "Role",
    "Sketch",
    "Telling",
    "Tier",
    "Walled",
    "WithdrawnBoundary",
    "as_recorded",
    "withdraw",
]
