"""The JSON doors to the roster: who holds which post, appointing, and sign-ins for those appointed."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from gis.accounts.actions import one_time_password
from gis.audit.actions import record
from gis.audit.receipts import asker_of, idempotent, key_of
from gis.jobs.actions import start
from gis.jobs.api import shown as shown_job
from gis.jobs.spool import Upload
from gis.shared.errors import Invalid
from gis.shared.periods import moment_from
from grids import roster, roster_files, roster_lists
from grids.permissions import demand, fillable_roles
from grids.roster import Holder

router = Router(tags=["roster"])


class HolderIn(Schema):
    """Somebody known by id, or new: then with names, and an id made by the client."""

    id: UUID
    kind: str = "person"
    name_zh: str = ""
    name_en: str = ""
    sort: str = ""

    def holder(self) -> Holder:
        """As the actions take it."""
        return Holder(**self.dict())


class AppointIn(Schema):
    """One appointment; `id` is made by the client, `since` left out means now."""

    id: UUID
    area: UUID
    role: str
    holder: HolderIn
    post_zh: str = ""
    post_en: str = ""
    categories: list[str] = []
    since: str = ""
    until: str = ""


class EndIn(Schema):
    """When it ends (left out: now) and why."""

    until: str = ""
    reason: str = ""


class HandOverIn(Schema):
    """Who holds it from now on; `id` is the new appointment's, made by the client."""

    id: UUID
    holder: HolderIn
    reason: str = ""


class MemberIn(Schema):
    """Who belongs to it from now on; `id` is the membership's, made by the client."""

    id: UUID
    holder: HolderIn


class SignInIn(Schema):
    """The user name of a new account."""

    username: str


@router.get("")
def get_roster(
    request: HttpRequest,
    area: UUID | None = None,
    role: str = "",
    q: str = "",
    view: roster_lists.View = "posts",
    moment: str = "",
    after: str = "",
    limit: int = 50,
) -> Any:
    """A page of posts, or of vacancies, under an area or all the asker's own, with the true totals."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    tops = roster_lists.scope(request.user, area, now=now)
    held = roster_lists.posts(tops, at, role=role, words=q)
    vacant = roster_lists.vacancies(tops, at, words=q)
    if view == "vacant":
        rows, following = roster_lists.page(vacant, "vacant", after=after, limit=limit)
        items = [roster_lists.told_vacancy(row) for row in rows]
    else:
        rows, following = roster_lists.page(held, "post", after=after, limit=limit)
        items = roster_lists.told_posts(rows, request.user, now=now)
    return {"items": items, "total": held.count(), "vacant": vacant.count(), "next": following, "moment": at}


@router.get("/choices")
def get_choices(request: HttpRequest) -> Any:
    """Roles that the asker may fill, matters, kinds of organisation."""
    now = timezone.now()
    demand(request.user, "roster.edit", now=now)
    return roster_lists.choices(fillable_roles(request.user, now=now), now=now)


@router.get("/holders")
def get_holders(request: HttpRequest, q: str = "") -> Any:
    """Persons and organisations called so."""
    demand(request.user, "roster.edit", now=timezone.now())
    return {"items": roster_lists.holders(q)}


@router.get("/persons/{uuid:person_id}")
def get_person(request: HttpRequest, person_id: UUID) -> Any:
    """A person's posts, and the sign-in for who may manage it."""
    return roster_lists.person_card(person_id, request.user, now=timezone.now())


@router.get("/organisations/{uuid:body_id}")
def get_organisation(request: HttpRequest, body_id: UUID) -> Any:
    """An organisation with its posts and members."""
    return roster_lists.body_card(body_id, request.user, now=timezone.now())


@router.post("/appointments")
@idempotent
def post_appointment(request: HttpRequest, body: AppointIn) -> Any:
    """Appoint."""
    made = roster.appoint(
        appointment_id=body.id, area=body.area, role=body.role, holder=body.holder.holder(), post_zh=body.post_zh,
        post_en=body.post_en, categories=body.categories, since=_moment(body.since, "since"),
        until=_moment(body.until, "until"), actor=request.user, now=timezone.now(),
    )  # fmt: skip
    return 201, _appointed(made)


@router.post("/appointments/{uuid:appointment_id}/end")
@idempotent
def post_end(request: HttpRequest, appointment_id: UUID, body: EndIn) -> Any:
    """End an appointment."""
    until = _moment(body.until, "until")
    return _appointed(
        roster.end(appointment_id=appointment_id, at=until, reason=body.reason, actor=request.user, now=timezone.now())
    )


@router.post("/appointments/{uuid:appointment_id}/hand-over")
@idempotent
def post_hand_over(request: HttpRequest, appointment_id: UUID, body: HandOverIn) -> Any:
    """Let somebody else hold it from now on."""
    made = roster.hand_over(
        appointment_id=appointment_id, new_id=body.id, holder=body.holder.holder(), reason=body.reason,
        actor=request.user, now=timezone.now(),
    )  # fmt: skip
    return 201, _appointed(made)


@router.post("/organisations/{uuid:body_id}/members")
@idempotent
def post_member(request: HttpRequest, body_id: UUID, body: MemberIn) -> Any:
    """Let a person belong to an organisation."""
    made = roster.add_member(
        membership_id=body.id, organisation=body_id, holder=body.holder.holder(), actor=request.user,
        now=timezone.now(),
    )  # fmt: skip
    return 201, {"id": made.pk, "person": made.person_id, "since": made.valid_from}


@router.post("/memberships/{uuid:membership_id}/end")
@idempotent
def post_leave(request: HttpRequest, membership_id: UUID) -> Any:
    """Let a person leave an organisation."""
    ended = roster.end_membership(membership_id=membership_id, actor=request.user, now=timezone.now())
    return {"id": ended.pk, "until": ended.valid_until}


# The one-time password belongs to the write's key and is told beside the stored answer: no receipt keeps it.


@router.post("/persons/{uuid:person_id}/sign-in")
def post_sign_in(request: HttpRequest, person_id: UUID, body: SignInIn) -> Any:
    """An account with a one-time password, told once."""
    password = _password(request, person_id)
    return _with_password(_opened(request, person_id, body, password), password)


@router.post("/persons/{uuid:person_id}/sign-in/renew")
def post_renewal(request: HttpRequest, person_id: UUID) -> Any:
    """A new one-time password, told once."""
    password = _password(request, person_id)
    return _with_password(_renewed(request, person_id, password), password)


@router.post("/persons/{uuid:person_id}/sign-in/close")
@idempotent
def post_closing(request: HttpRequest, person_id: UUID) -> Any:
    """Close a person's account."""
    person = roster.close_sign_in(person_id=person_id, actor=request.user, now=timezone.now())
    return {"id": person.pk}


@router.get("/file.{kind}")
def get_file(request: HttpRequest, kind: str, area: UUID | None = None, moment: str = "") -> Any:
    """The roster as a file, in the form that the import reads; vacancies are rows without a name."""
    now = timezone.now()
    at = moment_from(moment, now=now)
    tops = roster_lists.scope(request.user, area, now=now)
    body, content_type = roster_files.written(tops, at, kind=kind)
    record(
        actor=request.user, verb="roster.export", subject=kind, now=now, detail={"areas": [str(top) for top in tops]}
    )
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="roster-{timezone.localdate(at)}.{kind}"'
    return response


@router.post("/import")
def post_import(
    request: HttpRequest,
    job: Form[UUID | None] = None,
    file: File[UploadedFile | None] = None,
    commit: Form[bool] = False,
) -> Any:
    """Check an XLSX file of appointments, or store it: a job, whose id the client makes."""
    now = timezone.now()
    demand(request.user, "roster.edit", now=now)
    if job is None or file is None:
        raise Invalid(_("Send an id and a file."), code="no-file", fields={"file": _("Choose a file.")})
    words = _("Roster: %(file)s") if commit else _("Check of the roster %(file)s")
    begun = start(
        "roster-import", job_id=job, title=words % {"file": file.name}, actor=request.user, args={"commit": commit},
        file=cast("Upload", file), now=now,
    )  # fmt: skip
    return shown_job(begun)


@idempotent
def _opened(request: HttpRequest, person_id: UUID, body: SignInIn, password: str) -> Any:
    person = roster.open_sign_in(
        person_id=person_id, username=body.username, password=password, actor=request.user, now=timezone.now()
    )
    assert person.account is not None
    return 201, {"id": person.pk, "username": person.account.username, "until": person.account.password_expires_at}


@idempotent
def _renewed(request: HttpRequest, person_id: UUID, password: str) -> Any:
    person = roster.renew_sign_in(person_id=person_id, password=password, actor=request.user, now=timezone.now())
    assert person.account is not None
    return {"id": person.pk, "username": person.account.username, "until": person.account.password_expires_at}


def _password(request: HttpRequest, person_id: UUID) -> str:
    """What belongs to this person and this very write."""
    return one_time_password(f"{asker_of(request)} {person_id} {key_of(request)}")


def _with_password(answer: HttpResponse, password: str) -> HttpResponse:
    """The stored answer, and the password beside it."""
    answer["One-Time-Password"] = password
    answer["Cache-Control"] = "no-store"
    return answer


def _appointed(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "area": row.area_id, "role": row.role, "since": row.valid_from, "until": row.valid_until}


def _moment(text: str, field: str) -> datetime | None:
    """A day (its beginning) or an instant in the place's time; empty is none."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        words = _("A day like 2026-03-05, please.")
        raise Invalid(words, code="bad-date", fields={field: words}) from None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
