"""The audit log is proven: whatever the owner of its tables does to it is found and named."""

import threading
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.audit import heads
from gis.audit.actions import record
from gis.audit.models import Entry, Pending, Seal
from gis.audit.sealing import seal
from gis.audit.verifying import verify


def write(count=1, **words):
    """Entries of the log, their numbers."""
    told = {"actor": "anna", "verb": "area.draw", "detail": {"n": 1}} | words
    return [record(subject=f"area {n}", now=timezone.now(), **told).pk for n in range(count)]


@pytest.fixture
def log(db, settings, tmp_path):
    """Six entries in two seals; the triggers that stop honest people are off, as an owner can have them."""
    settings.AUDIT_HEADS = str(tmp_path)
    numbers = write(4)
    seal(now=timezone.now())
    numbers += write(2)
    seal(now=timezone.now())
    last = Seal.objects.order_by("number").last()
    heads.keep(heads.Head(str(last.chain), last.number, bytes(last.head).hex()))  # a test's commit never comes
    owner()
    return numbers


def owner():
    """Become one who may do everything to the tables."""
    sql("GRANT ALL ON audit_entry, audit_seal TO CURRENT_USER")
    sql("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    sql("ALTER TABLE audit_seal DISABLE TRIGGER USER")


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found():
    return verify(heads.kept()).findings


def test_a_log_left_alone_is_whole(log):
    report = verify(heads.kept())
    assert (report.findings, report.entries, report.seals, report.waiting) == ([], 6, 2, 0)


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'boris'",
        "actor_id = 'x'",
        "verb = 'area.retire'",
        "subject = 'area 9'",
        "detail = '{}'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "mark = NULL",
        "key = ''",
        "mark = (SELECT mark FROM audit_entry WHERE id <> %s LIMIT 1)",
    ],
)
def test_a_changed_row_is_named(log, change):
    target = log[2]
    sql(f"UPDATE audit_entry SET {change} WHERE id = %s", *([target] * (change.count("%s") + 1)))
    told = found()
    assert len(told) == 1
    assert str(target) in told[0]


def test_a_deleted_row_is_named(log):
    sql("DELETE FROM audit_entry WHERE id = %s", log[1])
    assert len(found()) == 1
    assert str(log[1]) in found()[0]


def test_rows_in_another_order_are_named(log):
    one, two = log[1], log[4]
    sql("UPDATE audit_entry SET id = -1 WHERE id = %s", one)
    sql("UPDATE audit_entry SET id = %s WHERE id = %s", one, two)
    sql("UPDATE audit_entry SET id = %s WHERE id = -1", two)
    told = found()
    assert len(told) == 2
    assert all(str(one) in line and str(two) in line for line in told)


@pytest.mark.parametrize("mark", ["NULL", "decode(repeat('ab', 16), 'hex')", "(SELECT mark FROM audit_entry LIMIT 1)"])
def test_a_row_put_in_is_named_and_never_sealed(log, mark):
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    sql(
        "INSERT INTO audit_entry (recorded_at, actor_id, actor_name, verb, subject, detail, key, mark)"
        f" SELECT now(), '', 'boris', 'x', 'y', '{{}}', key, {mark} FROM audit_entry LIMIT 1"
    )
    number = Entry.objects.order_by("id").last().pk
    assert any(str(number) in line for line in found())
    seal(now=timezone.now())
    assert any(str(number) in line for line in found())
    assert not any(number in link.entries for link in Seal.objects.all())


def test_a_tail_cut_off_without_a_trace_is_missed_outside(log):
    sql("DELETE FROM audit_entry WHERE id = ANY(%s)", log[4:])
    sql("DELETE FROM audit_seal WHERE number = 2")
    assert verify([]).sound  # nothing inside the database can tell
    told = found()
    assert len(told) == 1
    assert "2" in told[0]


def test_an_emptied_log_is_missed_outside(log):
    chain = str(Seal.objects.first().chain)
    sql("DELETE FROM audit_entry")
    sql("DELETE FROM audit_seal")
    assert verify([]).sound
    assert chain in found()[0]
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    write()
    seal(now=timezone.now())  # the system goes on with a new chain, and the old one is still missed
    assert chain in found()[0]
    assert heads.forget(chain)
    assert found() == []


def test_a_seal_taken_away_or_changed_is_named(log):
    sql("UPDATE audit_seal SET entries = entries[1:3] WHERE number = 1")
    assert found()
    sql("DELETE FROM audit_seal WHERE number = 1")
    assert any("1" in line for line in found())


def test_a_row_taken_out_while_it_waits_is_named(log):
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    one, two = write(2)
    assert Pending.objects.count() == 2
    assert found() == []
    owner()
    sql("DELETE FROM audit_entry WHERE id = %s", one)
    sql("DELETE FROM audit_pending WHERE entry_id = %s", two)
    told = found()
    assert len(told) == 2
    assert {str(one) in told[0] or str(one) in told[1], str(two) in told[0] or str(two) in told[1]} == {True}


def test_a_new_key_goes_on_where_the_old_one_ended(log, settings):
    old = settings.AUDIT_KEY
    settings.AUDIT_KEY, settings.AUDIT_OLD_KEYS = "k" * 60, [old]
    sql("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    write(2)
    seal(now=timezone.now())
    assert found() == []
    settings.AUDIT_OLD_KEYS = []
    assert found()


def test_without_a_key_nothing_is_written(db, settings):
    settings.AUDIT_KEY = ""
    with pytest.raises(ImproperlyConfigured, match="AUDIT_KEY"):
        write()


def test_entries_from_before_the_chain_are_taken_into_its_first_seal_alone(db, settings, tmp_path):
    settings.AUDIT_HEADS = str(tmp_path)
    for _ in range(2):
        sql(
            "INSERT INTO audit_entry (recorded_at, actor_id, actor_name, verb, subject, detail, key)"
            " VALUES (now(), '', 'old', 'x', 'y', '{\"n\": 1.50}', '')"
        )
    seal(now=timezone.now())
    assert verify([]).sound
    owner()
    sql("UPDATE audit_entry SET subject = 'z' WHERE id = (SELECT min(id) FROM audit_entry)")
    assert len(verify([]).findings) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=3
    ),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(detail=st.dictionaries(st.sampled_from(["a", "网格", "z"]), json_values))
def test_whatever_a_detail_holds_it_reads_as_it_was_signed(detail):
    write(detail=detail)
    seal(now=timezone.now())
    assert verify([]).sound


@pytest.mark.django_db(transaction=True)
def test_writers_wait_for_nobody_and_late_ones_are_sealed_later(settings, tmp_path):
    settings.AUDIT_HEADS = str(tmp_path)
    written, end = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            write(verb="slow")
            written.set()
            end.wait(120)  # longer than anybody below waits, however busy the machine
        connection.close()

    def quick():
        for _ in range(5):
            with transaction.atomic():
                write(verb="quick")
        seal(now=timezone.now())
        connection.close()

    holder = threading.Thread(target=slow)
    holder.start()
    assert written.wait(60)
    writers = [threading.Thread(target=quick) for _ in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(60)
        assert not thread.is_alive(), "a writer waited for one that had not committed"
    seal(now=timezone.now())
    assert Entry.objects.count() == 20
    assert not Pending.objects.exists()
    end.set()
    holder.join(60)
    seal(now=timezone.now())
    late = Entry.objects.get(verb="slow")
    assert late.pk < Entry.objects.filter(verb="quick").earliest("id").pk
    assert Seal.objects.order_by("number").last().entries == [late.pk]
    report = verify(heads.kept())
    assert (report.findings, report.entries, report.waiting) == ([], 21, 0)


def test_the_command_proves_prints_and_refuses(log):
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    head = heads.kept()[0]
    assert str(head) in out.getvalue()
    out = StringIO()
    call_command("audit", "head", stdout=out)
    assert out.getvalue().strip() == str(head)
    sql("UPDATE audit_entry SET verb = 'x' WHERE id = %s", log[0])
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("audit", "verify", "--head", str(head), stdout=out)
    assert str(log[0]) in out.getvalue()
    with pytest.raises(CommandError):
        call_command("audit", "verify", "--head", "nonsense")
    with pytest.raises(CommandError):
        call_command("audit", "forget", "nonsense")
