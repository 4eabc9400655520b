"""What a site holds: rooms, services offered, people on duty. Each row holds for a period; a change ends it."""

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import Named
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
from grids.models import Person
from layers.sites.models.lists import Service, in_english
from layers.sites.models.site import Site, checked_hours

MOST_PEOPLE = 5000
"""More find no room in any room."""


def once(name: str, *columns: str) -> ExclusionConstraint:
    """No two rows of the same columns hold at one moment."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((column, RangeOperators.EQUAL) for column in columns),
            (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
        ],
    )


class Room(Named, Period):
    """A room of a site; `key` stays the same room when its name or size is put right."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.UUIDField(_("room"), default=uuid.uuid4)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms", verbose_name=_("site"))
    floor = models.CharField(_("floor"), max_length=20, blank=True)
    capacity = models.PositiveSmallIntegerField(_("people it holds"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """In the site's own order; no two of one name at a time."""

        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ("order", "name_zh")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(
                name="service_sites_room_holds_people",
                condition=Q(capacity__isnull=True) | Q(capacity__range=(1, MOST_PEOPLE)),
            ),
            once("service_sites_room_once", "key"),
            once("service_sites_room_named_once", "site", "name_zh"),
        ]


class Offer(Period):
    """A service of the catalogue that this site offers, with what is special here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="offers", verbose_name=_("site"))
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="offers", verbose_name=_("service"))
    note_zh = models.CharField(_("note in Chinese"), max_length=200, blank=True)
    note_en = models.CharField(_("note in English"), max_length=200, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """Each service once at a time."""

        verbose_name = _("service offered")
        verbose_name_plural = _("services offered")
        ordering = ("service__order", "service__code")
        constraints = [*Period.Meta.constraints, once("service_sites_offer_once", "site", "service")]

    def __str__(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def note(self) -> str:
        """What is special here, in the active language."""
        return (in_english() and self.note_en) or self.note_zh


class Duty(Period):
    """Who serves at a site, as what and when: somebody of the roster, or a post that anybody may hold."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="duties", verbose_name=_("site"))
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    post_zh = models.CharField(_("post in Chinese"), max_length=80)
    post_en = models.CharField(_("post in English"), max_length=80, blank=True)
    hours = models.JSONField(_("hours of duty"), default=dict, blank=True, validators=[checked_hours])
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """In the site's own order."""

        verbose_name = _("person on duty")
        verbose_name_plural = _("people on duty")
        ordering = ("order", "post_zh")
        constraints = [*Period.Meta.constraints]

    def __str__(self) -> str:
        """The post."""
        return self.post

    @property
    def post(self) -> str:
        """The post in the active language."""
        return (in_english() and self.post_en) or self.post_zh
