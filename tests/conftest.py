"""What every test may use: the shared data, a test database that transactional tests can flush, catalogues."""

import os
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.nodeid import NodeId
from hypothesis import Phase, settings

from gis.setup import messages
from tests import migrated

ROOT = Path(__file__).resolve().parent.parent
# Speed is judged by benchmarks, never by tests; what CI judges, it judges twice alike. It tells the first example that
# fails: to find the smallest one takes minutes where each needs a database, and a developer has it by the blob.
settings.register_profile("house", deadline=None, print_blob=True)
FOUND_IS_ENOUGH = [Phase.explicit, Phase.generate]
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, phases=FOUND_IS_ENOUGH)
CI = os.environ.get("CI") == "true"
settings.load_profile("ci" if CI else "house")


class Told:
    """`os` as the module `uuid` sees it in CI: random ids follow from the test, or the wider fixture, that makes them.

    Elsewhere each run has ids of its own, so that a test that depends on their order is found by who wrote it.
    """

    dice = random.Random(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def urandom(self, count: int) -> bytes:
        return self.dice.randbytes(count)


if CI:
    uuid.os = Told()  # models and modules hold `uuid.uuid4` itself by now
    os.register_at_fork(after_in_child=Told.dice.seed)  # a child makes ids of its own


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    Told.dice.seed(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Iterator[None]:
    before = Told.dice.getstate()
    if fixturedef.scope != "function":  # whichever test comes first, the town has the same ids
        Told.dice.seed(f"{fixturedef.baseid} {fixturedef.argname}")
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            Told.dice.setstate(before)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # not in xdist's workers: one process compiles
        messages.compile_all()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say a test's group (`xdist_group`) in its name, by which xdist deals the tests out to its processes.

    xdist 3.8 writes it where pytest 9.2 does not look: without this no group stayed in one process.
    """
    if getattr(config.option, "loadgroup", False):
        for item in items:
            group = item.get_closest_marker("xdist_group")
            if group and not item.nodeid.endswith(f"@{group.args[0]}"):
                item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real extracts (SHARED_DATA, by default ../shared/data); skips where there is none."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings) -> None:
    """In the clone's own cluster the tables are not made anew for each process, but copied."""
    from django.db import connection

    test = connection.settings_dict["TEST"]
    if test.get("TEMPLATE"):
        test["TEMPLATE"] = migrated.template(connection.settings_dict)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The test database, without the triggers that refuse TRUNCATE.

    Transactional tests are flushed by TRUNCATE; in the test database alone that must be allowed. pytest-django makes
    none when only browser tests run, which bring their own: then it is made here, so that the place's real database
    is never touched.
    """
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = None
    with django_db_blocker.unblock():
        if not str(connection.settings_dict["NAME"]).startswith("test_"):
            made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgtype & 32 <> 0"  # 32: fires on TRUNCATE
            )
            for table, trigger in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
                cursor.execute(f"GRANT TRUNCATE ON {table} TO CURRENT_USER")
    yield
    if made is not None:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


KEPT = ("django_content_type", "auth_permission", "django_migrations")
"""What migrations leave behind and no test changes."""
REFERRING = """
WITH RECURSIVE found AS (
    SELECT unnest(%s::regclass[]) AS name
    UNION SELECT conrelid::regclass FROM pg_constraint JOIN found ON confrelid = found.name WHERE contype = 'f'
)
SELECT name::text FROM found
"""
"""Tables and all that refer to them: those too must be named where one is emptied, though nothing stands in them."""


@pytest.fixture(scope="session", autouse=True)
def emptied_where_filled() -> Iterator[None]:
    """After a transactional test the tables are emptied in which something stands: all seventy took half a second."""
    from django.core.management.commands import flush
    from django.db import transaction

    def statements(style: Any, connection: Any, **how: Any) -> list[str]:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - {*KEPT}
        each = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in sorted(tables)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {', '.join(sorted(tables))} IN SHARE MODE")  # until who still writes has ended
            cursor.execute(" UNION ALL ".join(each))
            cursor.execute(REFERRING, [[name for (name,) in cursor.fetchall()]])
            filled = [name for (name,) in cursor.fetchall()]
        return [f"TRUNCATE {', '.join(filled)}"] if filled else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", statements)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *told: None)  # it makes what is kept
        yield


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Each test begins in the place's language and time zone: a request leaves its own behind in the thread."""
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def catalogues(db) -> None:
    """The rows of data/catalogues in this test's transaction: tiers, kinds, categories, age bands."""
    from django.core.management import call_command

    call_command("load_catalogues", verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def spool(tmp_path_factory) -> Iterator[Path]:
    """Files of jobs, pictures, the ground and heads of the audit chain lie in folders of this run alone."""
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("spool")
    heads, files, ground = (tmp_path_factory.mktemp(name) for name in ("heads", "files", "ground"))
    with override_settings(SPOOL_DIR=str(folder), AUDIT_HEADS=str(heads), FILES_DIR=str(files), GROUND_DIR=str(ground)):
        yield folder


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 is slow by intent, and hundreds of accounts are made here; the one test about it asks for the real one."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_listed_once() -> Iterator[None]:
    """Each test's client makes the middleware anew, and WhiteNoise's opens hundreds of files: once for each folder."""
    from whitenoise import WhiteNoise

    listed: dict[Any, dict[str, Any]] = {}
    listing = WhiteNoise.update_files_dictionary

    def once(self: WhiteNoise, root: str, prefix: str) -> None:
        key = (root, prefix, self.max_age, self.allow_all_origins, self.charset)
        if key not in listed:
            before, self.files = self.files, {}
            listing(self, root, prefix)
            listed[key], self.files = self.files, before
        self.files.update(listed[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", once)
        yield


@pytest.fixture
def run_jobs() -> Callable[[], list[Any]]:
    """`run_jobs()`: do all jobs that wait, in this process and in order; returns them as they then stand."""
    from gis.jobs.models import Job
    from gis.jobs.running import execute

    def run() -> list[Any]:
        waiting = list(Job.objects.filter(state="queued").values_list("pk", flat=True))
        for pk in waiting:
            execute(pk)
        return list(Job.objects.filter(pk__in=waiting))

    return run
