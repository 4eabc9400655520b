"""`manage.py import_population FILE [--commit]`: residents of a CSV or XLSX file, by area code or by points."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Problem
from gis.town.counted import Ground, receive
from grids.population_import import Found, said_from

SOME_ROWS_BAD = 3
MOST_LISTED = 200


class Command(BaseCommand):
    """Prints what it would do; with --commit does it. Ends 3 when rows were left out, and lists each."""

    help = "Residents of a CSV or XLSX file, by area code or by points; without --commit says what it would do."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how it is to be read."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", nargs="+", default=None, metavar="WORD=COLUMN",
            help="which column is what: code, or lon and lat; residents, or age bands (60-79=…); households; number",
        )  # fmt: skip
        parser.add_argument("--datum", default=Datum.WGS84.value, choices=[datum.value for datum in Datum])
        parser.add_argument("--tier", default="", help="count points in areas down to this tier (default: the deepest)")
        parser.add_argument("--source", default="", help="who counted them (default: the file's name)")
        parser.add_argument("--since", default="", metavar="DAY", help="the day from which they hold (default: now)")
        parser.add_argument("--agree", nargs="*", default=[], metavar="CAUTION", help="cautions to store in spite of")
        parser.add_argument(
            "--county-from-hull", action="store_true",
            help="in an empty place: make a provisional county round the points",
        )  # fmt: skip
        parser.add_argument("--name", default="", help="the provisional county's name in Chinese")
        parser.add_argument("--name-en", default="", help="and in English")
        parser.add_argument("--report", type=Path, help="write the whole report there, as JSON")
        parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, store or not, tell."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        ground = Ground(options["name"], options["name_en"]) if options["county_from_hull"] else None
        try:
            said = said_from(
                {
                    "columns": None if options["map"] is None else _columns(options["map"]),
                    "datum": options["datum"], "tier": options["tier"], "source": options["source"],
                    "since": options["since"],
                },
                agreed=options["agree"],
            )  # fmt: skip
            found, county = receive(path, said, ground=ground, now=timezone.now(), commit=options["commit"])
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        if options["report"]:
            options["report"].write_text(json.dumps(found.report, ensure_ascii=False, indent=1), encoding="utf-8")
        if county:
            self.stdout.write(_("Provisional county: %(name)s.") % {"name": county})
        self.tell(found)
        self.conclude(found, commit=options["commit"])

    def tell(self, found: Found) -> None:
        """Every line that is left out first, then the sums."""
        report = found.report
        for line, reason in found.faults[:MOST_LISTED]:
            self.stdout.write(_("line %(line)d: %(reason)s") % {"line": line, "reason": reason})
        if (more := len(found.faults) - MOST_LISTED) > 0:
            self.stdout.write(_("… and %(count)d more lines.") % {"count": more})
        self.stdout.write("  " + " ".join(f"{word}={head}" for word, head in report["map"].items()))
        if report["wanting"]:
            raise CommandError(report["wanting"] + " --map WORD=COLUMN …")
        words = _(
            "%(name)s: %(rows)d rows, %(residents)d residents in %(areas)d areas; the file says %(given)d in all."
        )
        self.stdout.write(words % {"name": report["file"]["name"], **report})
        for band in report["by_band"]:
            self.stdout.write(f"  {band['name']}: {band['residents']}")
        if report["households"] is not None:
            words = _("%(count)s households; %(missing)s lines do not say how many.")
            self.stdout.write("  " + words % {"count": report["households"], "missing": report["unhoused"]})
        if report["rounded"]:
            self.stdout.write(_("Figures with decimals were made whole; their sum stays."))
        if outside := report["outside"]["count"]:
            lines = ", ".join(str(line) for line in report["outside"]["lines"][:20])
            words = _("%(count)d rows lie outside every area and count for the nearest county (%(lines)s%(more)s).")
            self.stdout.write(words % {"count": outside, "lines": lines, "more": " …" if outside > 20 else ""})
        words = _("New %(new)d areas, replaced %(replaced)d, unchanged %(unchanged)d.")
        self.stdout.write(words % report)
        for one in report["cautions"]:
            self.stdout.write(self.style.WARNING(f"  ! {one['code']}: {one['message']}"))

    def conclude(self, found: Found, *, commit: bool) -> None:
        """What was stored, or why nothing was."""
        report = found.report
        if report["nothing_new"]:
            self.stdout.write(_("All of it is stored already; nothing was changed."))
        elif not report["sound"]:
            asked = " ".join(one["code"] for one in report["cautions"] if one["ask"])
            words = _("Nothing was stored. Look at the cautions.")
            raise CommandError(words + (f" --agree {asked}" if asked else ""))
        elif "stored" in report:
            words = _("%(residents)d residents of %(areas)d areas are stored.")
            self.stdout.write(self.style.SUCCESS(words % report["stored"]))
        elif not commit:
            self.stdout.write(_("Nothing was stored. Say --commit to store it."))
        if found.faults:
            words = _("%(n)d rows were left out; each is listed above.") % {"n": len(found.faults)}
            raise CommandError(words, returncode=SOME_ROWS_BAD)


def _columns(words: list[str]) -> dict[str, str]:
    """`code=编码` as a person types them; raises CommandError."""
    found = {}
    for said in words:
        word, mark, head = said.partition("=")
        if not mark or not head:
            raise CommandError(_("“%(said)s” is not WORD=COLUMN.") % {"said": said[:100]})
        found[word] = head
    return found
