"""The only writes to the roster: appoint, end, hand over, belong, and the sign-ins of those appointed.

Everybody appoints below the own area, never to more than the own role may fill, and never themselves.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.accounts import actions as accounts
from gis.audit.actions import record
from gis.shared.errors import Conflict, Invalid, Missing, Refused
from grids.fields import tidy_name, wrong_fields
from grids.matters import matters
from grids.models import Appointment, Boundary, Membership, Organisation, OrganisationKind, Person, Role
from grids.permissions import appointable, demand, demand_appoint

LONGEST_POST = 80
FIRST_YEAR, LAST_YEAR = 1950, 2100


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is to hold a post: somebody known by id, or a new person or organisation by name with an id of the client's.

    `kind` is "person" or "organisation"; `sort` the code of a new organisation's kind.
    """

    id: UUID
    kind: str = "person"
    name_zh: str = ""
    name_en: str = ""
    sort: str = ""


def appoint(
    *,
    appointment_id: UUID,
    area: UUID,
    role: str,
    holder: Holder,
    post_zh: str = "",
    post_en: str = "",
    categories: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Appointment:
    """Put somebody into a role on an area, from now or from `since` on; the same id again is the same appointment.

    Raises Refused, Missing, Invalid by field, or Conflict when they hold this post already.
    """
    _demand_role(role)
    demand_appoint(actor, role, area, now=now)
    words = _post_words(post_zh, post_en)
    limited = _known_categories(categories, now)
    begins = since or now
    _demand_period(begins, until)
    if not Boundary.objects.at(now).filter(area=area).exists():
        raise Missing(_("There is no such area now."), code="no-area")
    with transaction.atomic(), _once(appointment_id):
        there = Appointment.objects.filter(pk=appointment_id).first()
        if there is not None:
            return _same(there, area, role, holder)
        person, organisation = _holder(holder, actor=actor, now=now)
        made = Appointment.objects.create(
            pk=appointment_id, area_id=area, role=role, person=person, organisation=organisation,
            categories=limited, valid_from=begins, valid_until=until, **words,
        )  # fmt: skip
        told = {"area": str(area), "role": role, "holder": str(holder.id)}
        record(actor=actor, verb="roster.appoint", subject=appointment_id, now=now, detail=told)
    return made


def end(
    *, appointment_id: UUID, at: datetime | None = None, reason: str = "", actor: Any, now: datetime
) -> Appointment:
    """End an appointment now, or on a moment to come; raises Missing, Refused, Invalid, Conflict when it has ended."""
    with transaction.atomic():
        held = _locked(appointment_id, actor=actor, now=now)
        if now < held.valid_from and (at is None or at <= held.valid_from):
            return _take_back(held, reason=reason, actor=actor, now=now)
        return _end(held, at or now, reason=reason, actor=actor, now=now)


def hand_over(
    *, appointment_id: UUID, new_id: UUID, holder: Holder, reason: str = "", actor: Any, now: datetime
) -> Appointment:
    """Let somebody else hold a post from now on: it ends and begins in one instant, with its name and its limits."""
    with transaction.atomic():
        there = Appointment.objects.filter(pk=new_id).first()
        held = _locked(appointment_id, actor=actor, now=now, ended_is_fine=there is not None)
        if there is not None:
            return _same(there, held.area_id, held.role, holder)
        if holder.id in (held.person_id, held.organisation_id):
            same = _("They hold this post already.")
            raise Invalid(same, code="same-holder", fields={"holder": same})
        until = held.valid_until
        _end(held, now, reason=reason, actor=actor, now=now)
        return appoint(
            appointment_id=new_id, area=held.area_id, role=held.role, holder=holder, post_zh=held.post_zh,
            post_en=held.post_en, categories=held.categories, until=until, actor=actor, now=now,
        )  # fmt: skip


def add_member(*, membership_id: UUID, organisation: UUID, holder: Holder, actor: Any, now: datetime) -> Membership:
    """Let a person belong to an organisation from now on, and so work under its posts: all of them must be fillable."""
    body = Organisation.objects.filter(pk=organisation).first()
    if body is None:
        raise Missing(_("There is no such organisation."), code="no-organisation")
    demand(actor, "roster.edit", now=now)
    for post in _open(now).filter(organisation=body):
        demand_appoint(actor, post.role, post.area_id, now=now)
    with transaction.atomic(), _once(membership_id):
        there = Membership.objects.filter(pk=membership_id).first()
        if there is not None:
            if (there.person_id, there.organisation_id) != (holder.id, organisation):
                raise Conflict(_("Another membership was stored under this id."), code="id-taken")
            return there
        person, _body = _holder(holder, actor=actor, now=now)
        if person is None:
            raise Invalid(_("Only persons belong to an organisation."), code="bad-holder")
        made = Membership.objects.create(pk=membership_id, person=person, organisation=body, valid_from=now)
        told = {"organisation": str(organisation), "person": str(person.pk)}
        record(actor=actor, verb="roster.member", subject=membership_id, now=now, detail=told)
    return made


def end_membership(*, membership_id: UUID, actor: Any, now: datetime) -> Membership:
    """Somebody leaves an organisation now; raises Missing, Refused, Conflict."""
    with transaction.atomic():
        found = Membership.objects.select_for_update().filter(pk=membership_id).first()
        if found is None:
            raise Missing(_("There is no such membership."), code="no-membership")
        demand(actor, "roster.edit", now=now)
        for post in _open(now).filter(organisation=found.organisation_id):
            demand_appoint(actor, post.role, post.area_id, now=now)
        if found.valid_until is not None and found.valid_until <= now:
            raise Conflict(_("They have left this organisation already."), code="ended")
        found.valid_until = max(now, found.valid_from)
        found.save(update_fields=["valid_until"])
        record(actor=actor, verb="roster.leave", subject=membership_id, now=now)
    return found


def may_manage(actor: Any, person: Person, *, now: datetime) -> bool:
    """Whether the actor may give this person a sign-in: they hold posts, and the actor may fill every one of them.

    Otherwise a new password would be a way into rights that the actor may not give.
    """
    account = person.account
    if account is not None and (account.pk == getattr(actor, "pk", None) or account.is_superuser):
        return False
    belongs = Membership.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now), person=person)
    posts = list(_open(now).filter(Q(person=person) | Q(organisation__in=belongs.values("organisation"))))
    wanted = {(post.role, post.area_id) for post in posts}
    return bool(wanted) and appointable(actor, wanted, now=now) == wanted


def demand_manage(actor: Any, person_id: UUID, *, now: datetime) -> Person:
    """The person, when the actor may give them a sign-in; raises Missing or Refused."""
    demand(actor, "roster.edit", now=now)
    person = Person.objects.select_related("account").filter(pk=person_id).first()
    if person is None:
        raise Missing(_("There is no such person."), code="no-person")
    if not may_manage(actor, person, now=now):
        raise Refused(
            _("Sign-ins are given to others who hold posts that are all yours to fill. Appoint them first."),
            code="not-to-manage",
        )
    return person


def open_sign_in(*, person_id: UUID, username: str, password: str, actor: Any, now: datetime) -> Person:
    """An account with a one-time password for somebody appointed; raises Conflict when they have one."""
    person = demand_manage(actor, person_id, now=now)
    if person.account is not None:
        raise Conflict(_("They have a sign-in already. Give them a new one-time password instead."), code="has-account")
    with transaction.atomic():
        person.account = accounts.open_account(
            username=username, display_name=person.name_zh, password=password, actor=actor, now=now
        )
        person.save(update_fields=["account"])
    return person


def renew_sign_in(*, person_id: UUID, password: str, actor: Any, now: datetime) -> Person:
    """A new one-time password for somebody who lost theirs, or whose account was closed."""
    person = demand_manage(actor, person_id, now=now)
    if person.account is None:
        raise Conflict(_("They have no sign-in yet."), code="no-account")
    accounts.renew_password(person.account, password=password, actor=actor, now=now)
    return person


def close_sign_in(*, person_id: UUID, actor: Any, now: datetime) -> Person:
    """Nobody signs in with this person's account any more."""
    person = demand_manage(actor, person_id, now=now)
    if person.account is None:
        raise Conflict(_("They have no sign-in yet."), code="no-account")
    accounts.close_account(person.account, actor=actor, now=now)
    return person


def _open(now: datetime) -> Any:
    """Appointments in force or still to come."""
    return Appointment.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def _demand_role(role: str) -> None:
    if role not in Role.values:
        words = _("There is no role “%(role)s”.") % {"role": role}
        raise Invalid(words, code="bad-role", fields={"role": words})


def _post_words(post_zh: str, post_en: str) -> dict[str, str]:
    """The post's names, tidied; raises Invalid by field."""
    words = {"post_zh": tidy_name(post_zh), "post_en": tidy_name(post_en)}
    wrong = {name: _one_line(text, LONGEST_POST) for name, text in words.items()}
    told = {name: message for name, message in wrong.items() if message}
    if told:
        raise Invalid(next(iter(told.values())), code="bad-words", fields=dict(told))
    return words


def _one_line(text: str, most: int) -> str:
    """What is wrong with a text; empty when nothing is."""
    if len(text) > most:
        return _("At most %(most)d characters; this has %(count)d.") % {"most": most, "count": len(text)}
    return "" if text.isprintable() else _("One line of ordinary characters, please.")


def _known_categories(codes: Sequence[str], now: datetime) -> list[str]:
    known = matters(now)
    strange = [code for code in codes if code not in known]
    if strange:
        words = _("There is no category %(code)s in the catalogue.") % {"code": repr(strange[0])}
        raise Invalid(words, code="bad-category", fields={"categories": words})
    return sorted(set(codes))


def _demand_period(since: datetime, until: datetime | None) -> None:
    """A period with a length, in years that calendars know."""
    if not FIRST_YEAR <= since.year <= LAST_YEAR or (until and not until.year <= LAST_YEAR):
        words = _("A date between 1950 and 2100, please.")
        raise Invalid(words, code="bad-date", fields={"since": words})
    if until is not None and until <= since:
        words = _("The end lies before the beginning.")
        raise Invalid(words, code="bad-date", fields={"until": words})


def _holder(holder: Holder, *, actor: Any, now: datetime) -> tuple[Person | None, Organisation | None]:
    """The person or the organisation, made if it is new; raises Invalid, Missing, or Refused for the actor."""
    if holder.kind == "organisation":
        body = Organisation.objects.filter(pk=holder.id).first() or _new_body(holder, actor=actor, now=now)
        if Membership.objects.at(now).filter(organisation=body, person__account=actor.pk).exists():
            raise Refused(_("Nobody appoints themselves: ask the administrator above."), code="own-post")
        return None, body
    if holder.kind != "person":
        raise Invalid(_("A post is held by a person or by an organisation."), code="bad-holder")
    person = Person.objects.filter(pk=holder.id).first()
    if person is None:
        person = Person.objects.create(pk=holder.id, **_names(holder))
        record(actor=actor, verb="roster.person", subject=person.pk, now=now)
    if person.account_id is not None and person.account_id == getattr(actor, "pk", None):
        raise Refused(_("Nobody appoints themselves: ask the administrator above."), code="own-post")
    return person, None


def _new_body(holder: Holder, *, actor: Any, now: datetime) -> Organisation:
    kind = OrganisationKind.objects.at(now).filter(code=holder.sort).first()
    if kind is None:
        words = _("Say what kind of organisation it is.")
        raise Invalid(words, code="bad-kind", fields={"sort": words})
    body = Organisation.objects.create(pk=holder.id, kind=kind, **_names(holder))
    record(actor=actor, verb="roster.organisation", subject=body.pk, now=now)
    return body


def _names(holder: Holder) -> dict[str, str]:
    """The names of somebody new; raises Missing where there is none, Invalid where they cannot be."""
    words = {"name_zh": tidy_name(holder.name_zh), "name_en": tidy_name(holder.name_en)}
    if not words["name_zh"]:
        raise Missing(_("There is nobody with this id; a new person needs a name."), code="no-holder")
    wrong = wrong_fields(code="x", walled="unknown", **words)
    if wrong:
        raise Invalid(next(iter(wrong.values())), code="bad-words", fields=dict(wrong))
    return words


def _locked(appointment_id: UUID, *, actor: Any, now: datetime, ended_is_fine: bool = False) -> Appointment:
    """An appointment of which the actor may dispose, locked; raises Missing, Refused, or Conflict when it ended."""
    held = Appointment.objects.select_for_update(of=("self",)).filter(pk=appointment_id).first()
    if held is None:
        raise Missing(_("There is no such appointment."), code="no-appointment")
    demand_appoint(actor, held.role, held.area_id, now=now)
    if held.person is not None and held.person.account_id == getattr(actor, "pk", uuid4()):
        raise Refused(_("Nobody disposes of the own post: ask the administrator above."), code="own-post")
    # who waited for the lock looks at the clock again: somebody may have ended it since this request began
    if held.valid_until is not None and held.valid_until <= max(now, timezone.now()) and not ended_is_fine:
        raise Conflict(_("This appointment has ended already."), code="ended", ended_at=held.valid_until.isoformat())
    return held


def _end(held: Appointment, at: datetime, *, reason: str, actor: Any, now: datetime) -> Appointment:
    if wrong := _one_line(reason, 200):
        raise Invalid(wrong, code="bad-words", fields={"reason": wrong})
    if at < now:
        words = _("It ends now or later: what has been is kept.")
        raise Invalid(words, code="bad-date", fields={"until": words})
    if at <= held.valid_from:
        words = _("It has not begun yet: let it end after its beginning.")
        raise Invalid(words, code="bad-date", fields={"until": words})
    held.valid_until = at
    held.save(update_fields=["valid_until"])
    record(actor=actor, verb="roster.end", subject=held.pk, now=now, detail={"reason": reason})
    return held


def _take_back(held: Appointment, *, reason: str, actor: Any, now: datetime) -> Appointment:
    """A post that has not begun was never held: its row goes, the log keeps that it was meant."""
    if wrong := _one_line(reason, 200):
        raise Invalid(wrong, code="bad-words", fields={"reason": wrong})
    meant = {"area": str(held.area_id), "role": held.role, "from": held.valid_from.isoformat(), "reason": reason}
    Appointment.objects.filter(pk=held.pk).delete()
    record(actor=actor, verb="roster.take-back", subject=held.pk, now=now, detail=meant)
    held.valid_until = held.valid_from
    return held


def _same(there: Appointment, area: UUID, role: str, holder: Holder) -> Appointment:
    """What was stored under this id, when it is what is asked for again."""
    if (there.area_id, there.role, there.person_id or there.organisation_id) != (area, role, holder.id):
        raise Conflict(_("Another appointment was stored under this id."), code="id-taken")
    return there


@contextmanager
def _once(key: UUID) -> Any:
    """Turn the database's refusals into words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if name in ("grids_appointment_person_once", "grids_appointment_organisation_once"):
            raise Conflict(_("They hold this post in that time already."), code="holds-it") from error
        if name == "grids_membership_once":
            raise Conflict(_("They belong to this organisation already."), code="holds-it") from error
        if name.endswith("_pkey"):
            raise Conflict(_("Another appointment was stored under this id."), code="id-taken") from error
        raise


@transaction.atomic
def appoint_on_server(
    *, role: str, area: UUID, name: str, post: str, username: str | None, password: str, now: datetime
) -> Appointment:
    """Put a new person into a role by a command: who may run it may do anything here. Raises Invalid, Conflict."""
    _demand_role(role)
    person = Person.objects.create(**_names(Holder(id=uuid4(), name_zh=name)))
    if username:
        person.account = accounts.open_account(
            username=username, display_name=name, password=password, actor="appoint", now=now
        )
        person.save(update_fields=["account"])
    made = Appointment.objects.create(area_id=area, role=role, person=person, valid_from=now, **_post_words(post, ""))
    told = {"area": str(area), "role": role, "holder": str(person.pk)}
    record(actor="appoint", verb="roster.appoint", subject=made.pk, now=now, detail=told)
    return made
