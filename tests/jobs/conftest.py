"""Kinds of job that exist in tests only."""

import pytest

from gis.accounts.models import Account
from gis.jobs import registry
from gis.jobs.registry import job
from gis.shared.errors import Invalid


def count(run, *, to):
    """Counts and keeps a file."""
    for number in range(to):
        run.progress(number, to, f"at {number}", now=True)
    run.keep("count.txt", str(to).encode())
    return {"counted": to}


def copy(run):
    """Reads the upload."""
    run.keep("copy.bin", run.file)
    return {"name": run.file.name, "size": run.file.stat().st_size}


def refuse(run):
    """Says what is wrong."""
    raise Invalid("row 3 is wrong", code="bad-row", fields={"row": "3"})


def break_off(run):
    """A defect."""
    raise RuntimeError("secret")


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """The kinds above, for one test."""
    monkeypatch.setattr(registry, "KINDS", known := dict(registry.KINDS))
    monkeypatch.setattr("gis.jobs.actions.KINDS", known)
    for name, work in {"count": count, "copy": copy, "refuse": refuse, "break": break_off}.items():
        job(name)(work)


@pytest.fixture
def anna(db):
    return Account.objects.create_user("anna", "x", language="en")


@pytest.fixture
def boris(db):
    return Account.objects.create_user("boris", "x")
