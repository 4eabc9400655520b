"""A job: started once, done, refused, broken, cancelled; its files; who may see it."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from gis.audit.models import Entry
from gis.jobs import running, spool
from gis.jobs.actions import cancel, look_after, start
from gis.jobs.models import Job, State
from gis.jobs.registry import job, work_of
from gis.shared.errors import Conflict, Invalid


def begin(kind, actor, *, job_id=None, args=None, file=None):
    return start(
        kind,
        job_id=job_id or uuid.uuid4(),
        title="A long thing",
        actor=actor,
        args=args or {},
        file=file,
        now=timezone.now(),
    )


def test_a_job_runs_tells_and_keeps(anna, run_jobs):
    begin("count", anna, args={"to": 3})
    (done,) = run_jobs()
    assert (done.state, done.done, done.total, done.result) == ("done", 3, 3, {"counted": 3})
    assert done.started_at <= done.ended_at
    assert (spool.folder_of(done.pk) / "kept" / done.kept).read_text() == "3"


def test_the_same_id_is_the_same_job(anna, boris, run_jobs):
    job_id = uuid.uuid4()
    first, second = (
        begin("count", anna, job_id=job_id, args={"to": 1}),
        begin("count", anna, job_id=job_id, args={"to": 1}),
    )
    assert first == second
    assert ProcrastinateJob.objects.filter(args__job=str(job_id)).count() == 1
    assert Entry.objects.filter(verb="job.start", subject=str(job_id)).count() == 1
    for other in ({"kind": "count", "actor": boris}, {"kind": "copy", "actor": anna}):
        with pytest.raises(Conflict):
            begin(**other, job_id=job_id)


def test_an_ended_job_is_not_done_again(anna, run_jobs):
    one = begin("count", anna, args={"to": 1})
    run_jobs()
    before = Job.objects.get(pk=one.pk)
    running.execute(one.pk)
    assert Job.objects.get(pk=one.pk).ended_at == before.ended_at


def test_an_unknown_kind_is_a_mistake_of_ours(anna):
    with pytest.raises(LookupError):
        begin("nothing", anna)
    with pytest.raises(ValueError, match="is taken"):
        job("count")(test_an_unknown_kind_is_a_mistake_of_ours)
    assert work_of("count")


def test_a_problem_is_told_and_a_defect_is_not(anna, run_jobs):
    refused, broken = begin("refuse", anna), begin("break", anna)
    run_jobs()
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert refused.state == broken.state == State.FAILED
    assert refused.problem["code"] == "bad-row"
    assert refused.problem["fields"] == {"row": "3"}
    assert broken.problem["code"] == "unexpected"
    assert "secret" not in str(broken.problem)


def test_uploads_are_kept_apart_and_capped(anna, run_jobs, settings):
    one = begin("copy", anna, file=SimpleUploadedFile("../../etc/网格.gpkg", b"12345"))
    assert one.upload == "网格.gpkg"
    run_jobs()
    one.refresh_from_db()
    assert one.result == {"name": "网格.gpkg", "size": 5}
    settings.SPOOL_FILE_MAX_MB = 0
    job_id = uuid.uuid4()
    with pytest.raises(Invalid) as told:
        begin("copy", anna, job_id=job_id, file=SimpleUploadedFile("a", b"1"))
    assert told.value.kind == "file-too-large"
    assert not Job.objects.filter(pk=job_id).exists()


@pytest.mark.parametrize(
    "name", ["..", "", "a\x00b", "x" * 300 + ".geojson", "C:\\tmp\\a.zip", "/etc/passwd", "con.*?"]
)
def test_names_of_files_lead_nowhere(name):
    told = spool.harmless(name)
    assert told
    assert told not in {".", ".."}
    assert not set(told) & set('/\\\x00:*?"<>|')
    assert len(told.encode()) <= 200


@pytest.mark.parametrize("name", ["长" * 200 + ".geojson", "🏘" * 99 + ".zip", "." + "末" * 90, "长" * 300])
def test_long_names_of_files_are_cut_to_what_a_disk_takes(name, tmp_path):
    found = spool.harmless(name)
    assert len(found.encode()) <= 200
    (tmp_path / found).touch()
    assert found.endswith((".geojson", ".zip")) or "." not in name[1:]


def test_cancelled_while_it_waits_and_while_it_runs(anna, run_jobs):
    waiting = cancel(begin("count", anna, args={"to": 9}), actor=anna, now=timezone.now())
    assert waiting.state == State.CANCELLED
    assert run_jobs() == []

    def stop_half_way(run):
        run.progress(1, 9, now=True)
        cancel(Job.objects.get(pk=run.id), actor=anna, now=timezone.now())
        run.progress(2, 9, now=True)
        raise AssertionError("it went on")

    job("half")(stop_half_way)
    begin("half", anna)
    (stopped,) = run_jobs()
    assert (stopped.state, stopped.done) == (State.CANCELLED, 2)
    assert cancel(stopped, actor=anna, now=timezone.now()).state == State.CANCELLED


def test_what_no_row_can_hold_ends_no_job_half_way(anna, run_jobs):
    def odd(run):
        run.progress(1, 2, "a\0b", now=True)
        return {"seen": ["a\0b", "\ud800", "\\u0000", float("nan")]}

    job("odd")(odd)
    found = begin("odd", anna)
    run_jobs()
    found.refresh_from_db()
    assert (found.state, found.result) == (State.DONE, {"seen": ["a\ufffdb", "?", "\\u0000", None]})


def test_progress_is_written_a_few_times_a_second_only(anna, run_jobs, django_assert_max_num_queries):
    def hasty(run):
        for number in range(10_000):
            run.progress(number)

    job("hasty")(hasty)
    begin("hasty", anna)
    with django_assert_max_num_queries(30):
        run_jobs()


def test_old_files_and_jobs_go(anna, run_jobs):
    one = begin("count", anna, args={"to": 1})
    run_jobs()
    ghost = uuid.uuid4()
    spool.put(ghost, "a", b"1")
    look_after(now=timezone.now())
    assert spool.folder_of(one.pk).exists()
    assert spool.folder_of(ghost).exists()
    look_after(now=timezone.now() + timedelta(days=2))
    assert not spool.folder_of(one.pk).exists()
    assert not spool.folder_of(ghost).exists()
    look_after(now=timezone.now() + timedelta(days=91))
    assert not Job.objects.filter(pk=one.pk).exists()


def test_only_who_started_it_sees_it(anna, boris, client, run_jobs):
    one = begin("count", anna, args={"to": 1})
    run_jobs()
    doors = [
        ("get", f"/api/jobs/{one.pk}"),
        ("get", f"/api/jobs/{one.pk}/file"),
        ("post", f"/api/jobs/{one.pk}/cancel"),
    ]
    for verb, url in [*doors, ("get", "/api/jobs")]:
        assert getattr(client, verb)(url, headers={"Idempotency-Key": str(uuid.uuid4())}).status_code == 401
    client.force_login(boris)
    for verb, url in doors:
        assert getattr(client, verb)(url, headers={"Idempotency-Key": str(uuid.uuid4())}).status_code == 404
    assert client.get("/api/jobs").json() == {"jobs": []}
    client.force_login(anna)
    assert client.get("/api/jobs").json()["jobs"][0]["id"] == str(one.pk)
    told = client.get(f"/api/jobs/{one.pk}").json()
    assert (told["state"], told["file"]) == ("done", f"/api/jobs/{one.pk}/file")
    file = client.get(told["file"])
    assert b"".join(file.streaming_content) == b"1"
    assert "attachment" in file["Content-Disposition"]


def test_a_waiting_job_says_when_nobody_works(anna, client):
    one = begin("count", anna, args={"to": 1})
    client.force_login(anna)
    assert client.get(f"/api/jobs/{one.pk}").json()["unattended"] is True
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert client.get(f"/api/jobs/{one.pk}").json()["unattended"] is False
