"""Sites, what stands in them, and as what they were known before."""

from layers.sites.models.contents import Duty, Offer, Room
from layers.sites.models.lists import Service, SiteKind
from layers.sites.models.site import FormerSite, Site, SiteQuerySet, SiteThen, checked_hours, place_zone

__all__ = [
    "Duty", "FormerSite", "Offer", "Room", "Service", "Site", "SiteKind", "SiteQuerySet", "SiteThen", "checked_hours",
    "place_zone",
]  # fmt: skip
