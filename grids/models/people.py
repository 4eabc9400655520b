"""Who stands on the ground: persons, organisations, and their appointments to areas."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis.catalogue.models import CatalogueRow, Named
from gis.shared.periods import Period, PeriodQuerySet, TsTzRange
from grids.models.area import Area


class Role(models.TextChoices):
    """What an appointment lets its holder do; the table is `grids.permissions.VERBS_OF_ROLE`."""

    CHIEF = "chief", _("grid chief")
    WORKER = "worker", _("grid worker")
    FRONT_DESK = "front_desk", _("front desk")
    DEPARTMENT = "department", _("department")
    PLANNER = "planner", _("planner")
    SITE_MANAGER = "site_manager", _("site manager")
    ANALYST = "analyst", _("analyst")
    LEADER = "leader", _("leader")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class Person(Named):
    """Somebody on the roster; may or may not sign in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("account"),
    )

    class Meta:
        """Persons."""

        verbose_name = _("person")
        verbose_name_plural = _("persons")


class OrganisationKind(CatalogueRow):
    """Department, unit, company, party group, volunteer team: a list the city edits."""

    class Meta(CatalogueRow.Meta):
        """Kinds."""

        verbose_name = _("kind of organisation")
        verbose_name_plural = _("kinds of organisation")


class Organisation(Named):
    """A body that holds appointments: it handles categories or serves an area."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.ForeignKey(OrganisationKind, on_delete=models.PROTECT, verbose_name=_("kind"))

    class Meta:
        """Organisations."""

        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")


class Membership(Period):
    """A person belongs to an organisation for a period: what the organisation was appointed to, its members may do."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("organisation")
    )

    objects = PeriodQuerySet.as_manager()

    class Meta(Period.Meta):
        """Nobody twice in the same organisation at the same time."""

        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            *Period.Meta.constraints,
            ExclusionConstraint(
                name="grids_membership_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        """Who, where."""
        return f"{self.person} · {self.organisation}"


class AppointmentQuerySet(PeriodQuerySet):
    """Appointments in force, by who holds them."""

    def held_by(self, account: Any, moment: datetime) -> Self:
        """Those in force at a moment that an account works under: its person's, and its organisations' of then."""
        belongs = Membership.objects.at(moment).filter(person__account=account).values("organisation")
        # as two sets put together: with "or" the database reads the whole roster, at every request of everybody
        own = Appointment.objects.filter(person__account=account).values("pk")
        shared = Appointment.objects.filter(organisation__in=belongs).values("pk")
        return self.at(moment).filter(pk__in=own.union(shared))

    def for_category(self, code: str) -> Self:
        """Those that include matters of a category: not limited to some, or limited to it among others."""
        return self.filter(Q(categories=[]) | Q(categories__contains=[code]))


class Appointment(Period):
    """A person or an organisation holds a role on an area and all below it, for a period."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("area"))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("organisation"),
    )
    post_zh = models.CharField(_("post in Chinese"), max_length=80, blank=True)
    post_en = models.CharField(_("post in English"), max_length=80, blank=True)
    categories = ArrayField(
        models.CharField(max_length=60),
        default=list,
        db_default=[],
        blank=True,
        verbose_name=_("categories"),
        help_text=_("Codes of the matters it is limited to; empty: all."),
    )
    is_demo = models.BooleanField(_("for demonstration"), default=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta(Period.Meta):
        """One holder, and nobody twice in the same post at the same time."""

        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            *Period.Meta.constraints,
            models.CheckConstraint(
                name="grids_appointment_has_one_holder",
                condition=Q(person__isnull=False, organisation__isnull=True)
                | Q(person__isnull=True, organisation__isnull=False),
            ),
            ExclusionConstraint(
                name="grids_appointment_person_once",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("area", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(person__isnull=False),
            ),
            ExclusionConstraint(
                name="grids_appointment_organisation_once",
                expressions=[
                    ("organisation", RangeOperators.EQUAL),
                    ("area", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(organisation__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["area", "role"], name="grids_appointment_area_role"),
            models.Index(fields=["role"], name="grids_appointment_role"),
            models.Index(fields=["area"], name="grids_appointment_limited", condition=~Q(categories=[])),
        ]

    def __str__(self) -> str:
        """Who, as what."""
        return f"{self.holder} · {self.get_role_display()}"

    @property
    def holder(self) -> Person | Organisation:
        """The person or the organisation."""
        holder = self.person or self.organisation
        assert holder is not None
        return holder
