"""Sites as files, in the form the import reads back: CSV, XLSX, GeoPackage. No names of people."""

import csv
import io
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext as _
from openpyxl import Workbook

from gis.shared import frames
from gis.shared.errors import Invalid
from gis.shared.sheets import cell, harmless
from grids.models import Boundary
from layers.sites import hours_text
from layers.sites.columns import CHOICES, HEADS, rooms_in_words
from layers.sites.models import Offer, Room, SiteThen
from layers.sites.models.lists import in_english

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}


def heads() -> list[str]:
    """The heads in the reader's language."""
    return [words[1] if in_english() and word != "id" else words[0] for word, words in HEADS.items()]


def rows(at: datetime) -> list[dict[str, Any]]:
    """One dict a site, by the words of `columns.HEADS`, as it was at a moment."""
    english = in_english()
    codes = dict(Boundary.objects.at(at).values_list("area_id", "code"))
    rooms: dict[Any, list[tuple[str, str, int | None]]] = defaultdict(list)
    for room in Room.objects.at(at).order_by("site", "order", "name_zh"):
        rooms[room.site_id].append((room.name_zh, room.floor, room.capacity))
    services: dict[Any, list[str]] = defaultdict(list)
    for offer in Offer.objects.at(at).select_related("service").order_by("service__order", "service__code"):
        services[offer.site_id].append(offer.service.name)
    found = SiteThen.objects.at(at).select_related("kind").order_by("kind__order", "name_zh", "pk")
    return [
        {
            "id": str(site.pk), "name_zh": site.name_zh, "name_en": site.name_en, "kind": site.kind.name,
            "lon": site.geometry.x, "lat": site.geometry.y, "area": codes.get(site.area_id, ""),
            "address_zh": site.address_zh, "address_en": site.address_en, "phone": site.phone,
            "hours": hours_text.write(site.hours, english=english),
            "operator_kind": _choice("operator_kind", site.operator_kind, english=english),
            "operator_zh": site.operator_zh, "operator_en": site.operator_en,
            "step_free": _choice("step_free", site.step_free, english=english),
            "services": "、".join(services[site.pk]), "rooms": rooms_in_words(rooms[site.pk]),
        }
        for site in found
    ]  # fmt: skip


def _choice(word: str, code: str, *, english: bool) -> str:
    """A choice in the reader's language."""
    if english:
        return code
    return next((said for said, one in CHOICES[word].items() if one == code), code)


def written(kind: str, at: datetime) -> bytes:
    """The file's bytes; raises Invalid for a kind there is not."""
    if kind not in MEDIA:
        raise Invalid(
            _("There is no format “%(word)s”. There are: %(known)s.") % {"word": kind[:20], "known": ", ".join(MEDIA)},
            code="bad-format",
        )
    table = rows(at)
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(heads())
        writer.writerows([cell(value) for value in row.values()] for row in table)
        return ("\ufeff" + text.getvalue()).encode()
    if kind == "xlsx":
        return _xlsx(table)
    return _gpkg(table)


def _xlsx(table: list[dict[str, Any]]) -> bytes:
    """One sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("sites")
    sheet.append(heads())
    for row in table:
        sheet.append([harmless(value) for value in row.values()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _gpkg(table: list[dict[str, Any]]) -> bytes:
    """One layer of points."""
    columns = {word: [row[word] for row in table] for word in HEADS if word not in ("lon", "lat")}
    columns["site_id"] = columns.pop("id")
    points = [shapely.Point(row["lon"], row["lat"]) for row in table]
    frame = frames.shaped(columns, points)
    with tempfile.TemporaryDirectory(prefix="sites-") as folder:
        path = Path(folder) / "sites.gpkg"
        frames.write(frame, path, layer="sites", driver="GPKG", geometry_type="Point")
        return path.read_bytes()
