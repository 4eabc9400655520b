"""Reporters: sealed in the table, masked for who only reads, read and written down by who handles, emptied in time."""

import base64
import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from gis.audit.models import Entry, Receipt
from gis.shared.errors import Conflict, Invalid, Missing, Refused, SignInNeeded
from grids.models import Appointment, Person
from layers.tickets import reporters
from layers.tickets.actions import report_ticket
from layers.tickets.callers import Caller
from layers.tickets.models import Reporter, Ticket

from .conftest import BEGINNING, IN_COMPOUND, IN_WEST, NOW

CALLER = Caller("张三", "138 0013 8000", "幸福小区3号楼2单元501")
OLD = f"old:aes:{base64.urlsafe_b64encode(bytes(range(32))).decode()}"
NEW = f"new:aes:{base64.urlsafe_b64encode(bytes(range(1, 33))).decode()}"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS, settings.HASH_KEY, settings.HASH_OLD_KEYS = [OLD], "h" * 50, []


def reported(ground, place=IN_COMPOUND, *, caller=CALLER, post="worker", category="street_lamp", now=NOW):
    """A ticket with its reporter."""
    ticket, _new = report_ticket(
        ticket_id=uuid.uuid4(), actor=ground.people[post], lon=place[0], lat=place[1], category=category, text="x",
        now=now,
    )  # fmt: skip
    reporters.keep(ticket, caller, ground.people[post], now)
    return ticket


def ended(ticket, at):
    """The ticket closed at a moment, past the workflow."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER USER")
        cursor.execute("UPDATE tickets_ticket SET state = 'closed', changed_at = %s WHERE id = %s", [at, ticket.pk])
        cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER USER")


def client(ground, post):
    """A browser of somebody on the ground."""
    made = Client()
    if post:
        made.force_login(ground.people[post])
    return made


def test_the_table_holds_nothing_that_can_be_read(ground):
    ticket = reported(ground)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text, convert_to('张三', 'UTF8'), convert_to('1380', 'UTF8') FROM tickets_reporter r")
        row, name, phone = cursor.fetchone()
    assert bytes(name).hex() not in row
    assert bytes(phone).hex() not in row
    assert reporters.opened(Reporter.objects.get(pk=ticket.pk)) == Caller("张三", "13800138000", CALLER.address)


def test_who_leaves_nothing_leaves_no_row(ground):
    for caller in (None, Caller(), Caller(phone=" - ")):
        assert reporters.keep(reported(ground, caller=None), caller, None, NOW) is None
    assert not Reporter.objects.exists()


def test_the_same_report_with_another_caller_is_not_taken_for_the_same(ground):
    def again(ticket, caller):
        lon, lat = ticket.raw_lon, ticket.raw_lat
        return report_ticket(
            ticket_id=ticket.pk, actor=ground.people["worker"], lon=lon, lat=lat, category="street_lamp",
            text=ticket.text, caller=caller, now=NOW,
        )  # fmt: skip

    named, nobody = reported(ground), reported(ground, caller=None)
    for ticket, caller in ((named, CALLER), (named, None), (named, Caller()), (nobody, None)):
        assert again(ticket, caller) == (ticket, False)
    for ticket, caller in ((named, Caller("李四", "13900139000")), (nobody, CALLER)):
        with pytest.raises(Conflict) as problem:
            again(ticket, caller)
        assert problem.value.kind == "id-taken"
    assert not Reporter.objects.filter(pk=nobody.pk).exists()


def test_a_mistake_is_told_at_its_field_and_nothing_is_kept(ground):
    ticket = reported(ground, caller=None)
    with pytest.raises(Invalid) as error:
        reporters.keep(ticket, Caller(name="张三", phone="1380013800O"), None, NOW)
    assert list(error.value.document()["fields"]) == ["caller.phone"]
    assert "1380" not in json.dumps(error.value.document(), ensure_ascii=False)
    assert not Reporter.objects.exists()


def test_both_doors_keep_the_same(ground):
    one, other = reported(ground), reported(ground, caller=None)
    assert reporters.keep_many([(other.pk, reporters.checked(CALLER))], NOW) == 1
    rows = [Reporter.objects.get(pk=ticket.pk) for ticket in (one, other)]
    assert reporters.opened(rows[0]) == reporters.opened(rows[1])
    assert bytes(rows[0].phone_hash) == bytes(rows[1].phone_hash)
    assert rows[1].kept_at == NOW


GUARDED = {
    "SET name = convert_to('张三', 'UTF8')": "sealed",
    "SET phone = '13800138000'::bytea": "sealed",
    "SET phone_hash = NULL": "sealed",
    "SET phone_hash = 'short'": "sealed",
    "SET name = ''": "whole",
    "SET anonymised_at = now()": "emptied",
    "SET kept_at = now() - interval '1 day'": "stays",
}


def test_the_database_refuses_what_would_show_or_lose_it(ground):
    reported(ground)
    emptied = "SET name = '', phone = '', address = '', phone_hash = NULL, anonymised_at = now()"
    statements = {f"UPDATE tickets_reporter {change}": rule for change, rule in GUARDED.items()} | {
        "DELETE FROM tickets_reporter": "is_kept",
        f"UPDATE tickets_reporter {emptied}; UPDATE tickets_reporter SET anonymised_at = NULL": "stays_anonymous",
    }
    for statement, rule in statements.items():
        with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert error.value.__cause__.diag.constraint_name == f"tickets_reporter_{rule}", statement


def test_everybody_who_sees_the_ticket_sees_it_masked(ground):
    ticket = reported(ground)
    for post in ("leader", "planner", "analyst", "worker", "chief", "desk", "department"):
        answer = client(ground, post).get(f"/api/tickets/{ticket.pk}/reporter")
        assert answer.status_code == 200, post
        told = answer.json()
        assert (told["name"], told["phone"], told["address"]) == ("张**", "138****8000", "****")
        assert told["may_read"] == (post in {"chief", "desk", "worker", "department"}), post
        assert not any(part in answer.content.decode() for part in ("张三", "13800138000", "幸福"))
        assert answer["Cache-Control"] == "no-store"
    assert not Entry.objects.filter(verb="reporter.read").exists()


def test_who_handles_it_reads_it_and_that_is_written_down(ground):
    ticket = reported(ground)
    answer = client(ground, "chief").post(f"/api/tickets/{ticket.pk}/reporter")
    assert answer.json() == {"name": "张三", "phone": "13800138000", "address": CALLER.address}
    assert answer["Cache-Control"] == "no-store"
    (entry,) = Entry.objects.filter(verb="reporter.read")
    assert (entry.actor_id, entry.subject, entry.detail) == (str(ground.people["chief"].pk), ticket.number, {})
    assert not Receipt.objects.exists(), "an answer that names a person is not kept"


def test_others_do_not_read_it_and_nothing_is_written_down(ground):
    ticket = reported(ground)
    refused = {"leader": Refused, "planner": Refused, "west_worker": Missing, "auditor": Refused, "": SignInNeeded}
    for post, error in refused.items():
        with pytest.raises(error):
            reporters.read(ticket_id=ticket.pk, actor=ground.people.get(post, AnonymousUser()), now=NOW)
    assert not Entry.objects.filter(verb="reporter.read").exists()


def test_an_office_for_other_matters_does_not_read_it(ground):
    ticket = reported(ground, category="litter")
    sees = ground.people["leader"]
    Appointment.objects.create(
        area_id=ground.areas["compound"], role="department", person=Person.objects.get(account=sees),
        categories=["heating"], valid_from=BEGINNING,
    )  # fmt: skip
    with pytest.raises(Refused):
        reporters.read(ticket_id=ticket.pk, actor=sees, now=NOW)
    other = reported(ground, category="heating")
    assert reporters.read(ticket_id=other.pk, actor=sees, now=NOW).name == "张三"


def test_after_the_end_only_the_desk_asks_for_it(ground):
    ticket = reported(ground)
    ended(ticket, NOW)
    with pytest.raises(Refused):
        reporters.read(ticket_id=ticket.pk, actor=ground.people["worker"], now=NOW)
    assert reporters.read(ticket_id=ticket.pk, actor=ground.people["desk"], now=NOW).name == "张三"


def test_the_desk_finds_open_tickets_of_the_same_caller_among_its_own(ground):
    mine = reported(ground)
    reported(ground, caller=Caller("李四", "13900139000"))
    west = reported(ground, IN_WEST, caller=Caller("张", "+86 138-0013-8000"), post="west_worker")
    closed = reported(ground)
    ended(closed, NOW)

    def found(post, phone="１３８ 0013 8000"):
        answer = client(ground, post).post("/api/tickets/callers", {"phone": phone}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        assert "13800138000" not in answer.content.decode()
        return [item["id"] for item in answer.json()["items"]]

    assert set(found("desk")) == {str(mine.pk), str(west.pk)}
    assert found("east_desk") == [str(mine.pk)]
    assert found("desk", "13800138001") == []
    entries = Entry.objects.filter(verb="reporter.find")
    assert [entry.detail for entry in entries] == [{"found": 2}, {"found": 1}, {"found": 0}]


def test_numbers_are_not_tried_out_by_others_nor_half_typed(ground):
    for post, status in {"worker": 403, "leader": 403, None: 401, "desk": 422}.items():
        answer = client(ground, post).post("/api/tickets/callers", {"phone": "138"}, content_type="application/json")
        assert answer.status_code == status, post


def test_who_left_nothing_or_is_gone_is_told_apart(ground):
    nobody, gone = reported(ground, caller=None), reported(ground)
    ended(gone, NOW - timedelta(days=181))
    reporters.anonymise(now=NOW)
    desk = client(ground, "desk")
    assert desk.get(f"/api/tickets/{nobody.pk}/reporter").json() == {"kept": False}
    told = desk.get(f"/api/tickets/{gone.pk}/reporter").json()
    assert told["kept"]
    assert told["anonymised_at"]
    with pytest.raises(Missing):
        reporters.read(ticket_id=nobody.pk, actor=ground.people["desk"], now=NOW)
    with pytest.raises(Conflict):
        reporters.read(ticket_id=gone.pk, actor=ground.people["desk"], now=NOW)


def test_reporters_are_emptied_when_their_matter_is_long_over(ground, settings):
    settings.REPORTERS_KEPT_DAYS = 90
    now = timezone.now()
    over, recent, still = (reported(ground, now=now - timedelta(days=300)) for _ in range(3))
    ended(over, now - timedelta(days=91))
    ended(recent, now - timedelta(days=89))
    out = StringIO()
    call_command("anonymise_reporters", stdout=out)
    assert out.getvalue().startswith("1 reporters would be anonymised")
    assert Reporter.objects.kept().count() == 3
    call_command("anonymise_reporters", "--commit", stdout=out)
    call_command("anonymise_reporters", "--commit", stdout=out)
    assert set(Reporter.objects.kept().values_list("pk", flat=True)) == {recent.pk, still.pk}
    row = Reporter.objects.get(pk=over.pk)
    assert [bytes(value) for value in (row.name, row.phone, row.address)] == [b"", b"", b""]
    assert row.phone_hash is None
    assert [entry.detail for entry in Entry.objects.filter(verb="reporter.anonymise")] == [{"reporters": 1}]
    assert Ticket.objects.filter(pk=over.pk).exists()


def test_a_new_key_takes_over_and_the_old_one_can_go(ground, settings):
    ticket, other = reported(ground), reported(ground, caller=Caller(address="西门"))
    settings.FIELD_KEYS, settings.HASH_KEY, settings.HASH_OLD_KEYS = [NEW, OLD], "n" * 50, ["h" * 50]
    desk = ground.people["desk"]
    assert reporters.same_caller(phone=CALLER.phone, actor=desk, now=NOW).get() == ticket, "found by the old mark"
    out = StringIO()
    call_command("reseal", stdout=out)
    assert "2 reporters are kept; 2 would be sealed anew with the key 'new'" in out.getvalue()
    call_command("reseal", "--commit", stdout=out)
    settings.FIELD_KEYS, settings.HASH_OLD_KEYS = [NEW], []
    assert reporters.read(ticket_id=ticket.pk, actor=desk, now=NOW).phone == "13800138000"
    assert reporters.read(ticket_id=other.pk, actor=desk, now=NOW).address == "西门"
    assert reporters.same_caller(phone=CALLER.phone, actor=desk, now=NOW).get() == ticket
    out = StringIO()
    call_command("reseal", stdout=out)
    assert "2 reporters are kept; 0 would be" in out.getvalue()


def test_a_key_thrown_away_too_early_is_told_by_ticket(ground, settings):
    ticket = reported(ground)
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(CommandError, match=ticket.number):
        call_command("reseal", "--commit", stdout=StringIO())
    settings.FIELD_KEYS = [NEW, OLD]
    assert reporters.read(ticket_id=ticket.pk, actor=ground.people["desk"], now=NOW).name == "张三"


def test_an_answer_for_everybody_shows_nothing_of_the_reporter(ground):
    ticket = reported(ground)
    for text in ("请联系张三", "回电 138 0013 8000", "已到 幸福小区3号楼2单元501 查看"):
        with pytest.raises(Invalid) as error:
            reporters.refuse_personal(ticket, text)
        assert "张三" not in str(error.value.document())
    reporters.refuse_personal(ticket, f"{ticket.number} 已于 2026-03-05 修好")
