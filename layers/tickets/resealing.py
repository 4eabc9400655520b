"""Sealing reporters anew with the present keys, so that former ones can be thrown away."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from gis.shared.sealing import UnsealError, fingerprint, key_of, present
from layers.tickets.callers import PARTS
from layers.tickets.models import Reporter
from layers.tickets.reporters import PHONE, opened, sealed

AT_ONCE = 1000


@dataclass(slots=True)
class Resealed:
    """How many reporters were looked at, how many stand under former keys, and the tickets whose cannot be opened."""

    kept: int = 0
    former: int = 0
    unreadable: list[str] = field(default_factory=list)


def reseal(*, commit: bool) -> Resealed:
    """Seal anew what former keys sealed or marked, chunk by chunk; killed half way, the next run does the rest."""
    report = Resealed()
    last = None
    while True:
        with transaction.atomic():
            rows = Reporter.objects.kept().select_related("ticket").order_by("pk")
            rows = rows if last is None else rows.filter(pk__gt=last)
            chunk = list((rows.select_for_update(of=("self",)) if commit else rows)[:AT_ONCE])
            for row in chunk:
                _one(row, report, commit=commit)
        if not chunk:
            return report
        last = chunk[-1].pk


def _one(row: Any, report: Resealed, *, commit: bool) -> None:
    """One reporter."""
    report.kept += 1
    try:
        caller = opened(row)
    except UnsealError:
        report.unreadable.append(row.ticket.number)
        return
    names = {key_of(value) for part in PARTS if (value := bytes(getattr(row, part)))}
    mark = fingerprint(caller.phone, what=PHONE) if caller.phone else None
    if names <= {present()} and mark == (bytes(row.phone_hash) if row.phone_hash else None):
        return
    report.former += 1
    if commit:
        values = sealed(row.pk, caller)
        Reporter.objects.filter(pk=row.pk).update(
            name=values.name, phone=values.phone, address=values.address, phone_hash=values.phone_hash
        )
