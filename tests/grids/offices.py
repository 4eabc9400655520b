"""People in office on the small ground, for the tests of the roster."""

import uuid
from typing import Any

from django.test import Client
from django.utils import timezone

from gis.accounts.models import Account
from grids import roster
from grids.models import Appointment, Boundary, Person, Role
from grids.roster import Holder
from tests.grids.ground import T0


def hold(name: str, role: str, area: Boundary) -> Account:
    """Somebody in office since the ground was drawn."""
    account = Account.objects.create(username=name, password="!")
    person = Person.objects.create(name_zh=name, account=account)
    Appointment.objects.create(area=area.area, role=role, person=person, valid_from=T0)
    return account


def someone(name: str = "张三") -> Holder:
    return Holder(id=uuid.uuid4(), name_zh=name)


def appoint(actor: Any, area: Boundary, role: str = Role.CHIEF, holder: Holder | None = None, **more) -> Appointment:
    return roster.appoint(
        appointment_id=more.pop("id", None) or uuid.uuid4(), area=area.area_id, role=role,
        holder=holder or someone(), actor=actor, now=more.pop("now", None) or timezone.now(), **more,
    )  # fmt: skip


def api(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def post(client: Client, path: str, body: Any = None, key: Any = None) -> Any:
    headers = {"Idempotency-Key": str(key or uuid.uuid4())}
    return client.post(f"/api/roster{path}", body or {}, content_type="application/json", headers=headers)
