"""Loads the lists' first contents; what a city has edited stays as the city made it."""

import csv
from pathlib import Path

from django.conf import settings
from django.db import transaction

from gis.catalogue.registry import LISTS, List

FOLDER: Path = settings.BASE_DIR / "data" / "catalogues"
OWN_COLUMNS = ("code", "name_zh", "name_en", "order")


@transaction.atomic
def load_catalogues() -> dict[str, int]:
    """Add the rows that are missing, by code; returns how many were added by table. Running it again adds nothing."""
    return {entry.model._meta.db_table: load_list(entry) for entry in LISTS}


def load_list(entry: List) -> int:
    """Add one file's missing rows, in the file's order."""
    known = set(entry.model.objects.values_list("code", flat=True))
    with (FOLDER / entry.file).open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["code"] not in known]
    made = []
    for row in rows:
        own = {name: row.pop(name) for name in OWN_COLUMNS}
        own["order"] = own["order"] or "0"
        made.append(entry.model(**own, **entry.convert(row)))
    return len(entry.model._default_manager.bulk_create(made))
