"""`manage.py import_tickets FILE --map field=column … [--commit]`: another system's tickets (CSV, XLSX)."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Problem
from gis.town.received import Wish, name_of, receive_here
from layers.tickets.imports import FIELDS, Manner, mapping_from, survey
from layers.tickets.receiving import Told
from layers.tickets.tables import Sheet, open_sheet

SOME_ROWS_BAD = 3


class Command(BaseCommand):
    """Prints what it would do; with --commit does it. Ends 3 when rows were left out, and lists each."""

    help = "Import tickets from a CSV or XLSX file; good rows are stored, bad ones listed with line and reason."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how it is to be read."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", nargs="+", action="extend", required=True, metavar="FIELD=COLUMN",
            help=f"which column holds which field ({', '.join(FIELDS)}); text may be given several times",
        )  # fmt: skip
        parser.add_argument("--timezone", required=True, help="time zone of its local times, e.g. Asia/Shanghai")
        parser.add_argument("--datum", required=True, choices=[datum.value for datum in Datum])
        parser.add_argument("--source", default="", help="the system it comes from (default: the file's name)")
        parser.add_argument("--category", default="", help="category of rows without one (default: other)")
        parser.add_argument("--date-format", default="", help="form of its times, e.g. %%d/%%m/%%Y %%H:%%M")
        parser.add_argument("--encoding", default="", help="default: UTF-8, else GB 18030")
        parser.add_argument("--new-categories", action="store_true", help="add its unknown categories to the list")
        parser.add_argument(
            "--county-from-hull", action="store_true",
            help="in an empty place: make a provisional county round the points, and the file's categories",
        )  # fmt: skip
        parser.add_argument("--refused", type=Path, help="write the rows that are left out to this CSV file")
        parser.add_argument("--name", default="", help="the provisional county's name in Chinese")
        parser.add_argument("--name-en", default="", help="and in English")
        parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, store or not, tell."""
        path: Path = options["file"]
        try:
            zone = ZoneInfo(options["timezone"])
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(_("No time zone is called %(name)s.") % {"name": options["timezone"]}) from error
        try:
            manner = Manner(
                columns=mapping_from(options["map"]),
                zone=zone,
                datum=Datum(options["datum"]),
                category=options["category"] or "other",
                form=options["date_format"],
            )
            sheet = open_sheet(path, encoding=options["encoding"])
            found = survey(sheet, manner)
            wish = Wish(
                source=options["source"] or name_of(path),
                county_from_hull=options["county_from_hull"],
                new_categories=options["new_categories"],
                name_zh=options["name"],
                name_en=options["name_en"],
                commit=options["commit"],
                refused_to=options["refused"],
            )
            told = receive_here(sheet, manner, found, wish, now=timezone.now(), progress=self.progress)
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        self.tell(sheet, told, manner, commit=options["commit"])
        if told.left_out:
            words = _("%(n)d rows were left out; each is listed above.") % {"n": told.left_out}
            raise CommandError(words, returncode=SOME_ROWS_BAD)

    def progress(self, done: int, total: int) -> None:
        """How far it is, where a person looks on."""
        if self.stdout.isatty():
            self.stdout.write(f"\r{done} / {total}", ending="")
            self.stdout.flush()

    def tell(self, sheet: Sheet, told: Told, manner: Manner, *, commit: bool) -> None:
        """Every bad line first, then the sums."""
        for line, reason in told.refused:
            self.stdout.write(_("line %(line)d: %(reason)s") % {"line": line, "reason": reason})
        if told.left_out > len(told.refused):
            more = {"n": told.left_out - len(told.refused)}
            self.stdout.write(_("and %(n)d more: --refused FILE writes them all.") % more)
        for doubt in told.doubts:
            self.stdout.write(doubt.message)
        words = {"file": sheet.path.name, "rows": told.rows, "form": told.form, "zone": manner.zone.key}
        self.stdout.write(_("%(file)s: %(rows)d rows, times read as %(form)s in %(zone)s.") % words)
        if told.twice:
            self.stdout.write(_("%(n)d times were shown twice by the clock; the first was taken.") % {"n": told.twice})
        if told.county:
            self.stdout.write(_("Provisional county: %(name)s.") % {"name": told.county})
        if told.categories:
            self.stdout.write(_("New categories: %(names)s.") % {"names": ", ".join(told.categories)})
        sums = {
            "stored": told.stored,
            "already": told.already,
            "placeless": told.placeless,
            "bad": told.bad,
        }
        self.stdout.write(
            _("Stored %(stored)d, here already %(already)d, without position %(placeless)d, bad %(bad)d.") % sums
            if commit
            else _(
                "Would store %(stored)d, here already %(already)d, without position %(placeless)d, bad %(bad)d."
                " Nothing was stored. Say --commit to store it."
            )
            % sums
        )
