"""Somebody signed in with one appointment."""

from uuid import uuid4

from django.test import Client

from gis.accounts.models import Account
from grids.models import Appointment, Person
from tests.grids.ground import T0


def client_of(area, role: str = "planner") -> Client:
    account = Account.objects.create_user(f"{role}-{uuid4().hex[:6]}")
    person = Person.objects.create(name_zh="甲", account=account)
    Appointment.objects.create(area=area.area, role=role, person=person, valid_from=T0)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(account)
    return client
