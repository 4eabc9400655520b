"""`manage.py import_sites FILE [--commit]`: sites of a CSV, XLSX, GeoPackage or GeoJSON file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Problem
from layers.sites.imports import NotSound, bring_in, said_from
from layers.sites.judging import Judged

SOME_ROWS_BAD = 3
MOST_LISTED = 200


class Command(BaseCommand):
    """Prints what it would do; with --commit does it. Ends 3 when rows were left out, and lists each; 1 when nothing
    was stored, after the cautions that stand against it."""

    help = "Sites of a CSV, XLSX, GeoPackage or GeoJSON file; without --commit says what it would do."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how it is to be read."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", nargs="+", default=None, metavar="WORD=COLUMN",
            help="which column is what: name_zh, lon, lat, kind, area, hours, services, … (default: guessed)",
        )  # fmt: skip
        parser.add_argument("--datum", default=Datum.WGS84.value, choices=[datum.value for datum in Datum])
        parser.add_argument("--kind", default="station", help="the kind of site where no column says it")
        parser.add_argument("--agree", nargs="*", default=[], metavar="CAUTION", help="cautions to store in spite of")
        parser.add_argument("--report", type=Path, help="write the whole report there, as JSON")
        parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, store or not, tell."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        columns = None if options["map"] is None else dict(word.split("=", 1) for word in options["map"] if "=" in word)
        refusal: NotSound | None = None
        try:
            told = {"columns": columns, "datum": options["datum"], "kind": options["kind"]}
            said = said_from(told, agreed=options["agree"])
            found = bring_in(path, said, actor=None, now=timezone.now(), commit=options["commit"])
        except NotSound as problem:
            refusal, found = problem, problem.found
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        if options["report"]:
            options["report"].write_text(json.dumps(found.report, ensure_ascii=False, indent=1), encoding="utf-8")
        self.tell(found, commit=options["commit"])
        if refusal is not None:
            raise CommandError(str(refusal.detail)) from refusal
        if found.faults:
            words = _("%(n)d rows were left out; each is listed above.") % {"n": len(found.faults)}
            raise CommandError(words, returncode=SOME_ROWS_BAD)

    def tell(self, found: Judged, *, commit: bool) -> None:
        """Every line that is left out first, then the sums, then what was stored."""
        report = found.report
        for line, reason in found.faults[:MOST_LISTED]:
            self.stdout.write(_("line %(line)d: %(reason)s") % {"line": line, "reason": reason})
        self.stdout.write("  " + " ".join(f"{word}={head}" for word, head in report["map"].items()))
        if report["wanting"]:
            raise CommandError(report["wanting"] + " --map WORD=COLUMN …")
        words = _("%(name)s: %(new)d sites are new, %(changed)d change, %(unchanged)d are as they are.")
        self.stdout.write(words % {"name": report["file"]["name"], **report})
        for one in report["cautions"]:
            self.stdout.write(self.style.WARNING(f"  ! {one['code']}: {one['message']}"))
        if "stored" in report:
            words = _("%(new)d sites were added, %(changed)d changed.")
            self.stdout.write(self.style.SUCCESS(words % report["stored"]))
        elif report["nothing_new"]:
            self.stdout.write(_("All of it is stored already; nothing was changed."))
        elif report["storable"] and not report["sound"]:
            asked = " ".join(one["code"] for one in report["cautions"])
            self.stdout.write(_("Look at the cautions first; to store in spite of them:") + f" --agree {asked}")
        elif report["storable"] and not commit:
            self.stdout.write(_("Nothing was stored. Say --commit to store it."))
