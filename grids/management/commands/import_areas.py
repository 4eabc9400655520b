"""Areas of a file: says what they would become and what is wrong with each row; stores them only with --commit."""

import json
import signal
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.errors import Problem
from grids.filing import Unreadable
from grids.filing.columns import WORDS, from_words
from grids.proposals.filing import check_file, store_checked
from grids.proposals.said import Said
from grids.proposals.wording import told

NAMESPACE = UUID("5b0b6f0e-6a26-5a0e-9f0c-1d5f0c2f6f1a")
MOST_LISTED = 50


class Command(BaseCommand):
    help = "Areas of a GeoJSON, GeoPackage, GeoParquet or zipped shapefile; without --commit says what it would do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", nargs="+", default=None, metavar="WORD=COLUMN",
            help=f"which column is what, or WORD=:TEXT for all rows; words: {', '.join(WORDS)}",
        )  # fmt: skip
        parser.add_argument("--crs", default="", help="EPSG:4549, gcj02, bd09 … (default: what the file says)")
        parser.add_argument("--layer", default="", help="of a GeoPackage with several")
        parser.add_argument("--encoding", default="", choices=["", "utf-8", "gb18030"], help="of a shapefile's texts")
        parser.add_argument("--swapped", action="store_true", help="latitude stands before longitude")
        parser.add_argument("--reason", default="", help="kept with the change")
        parser.add_argument("--agree", nargs="*", default=[], metavar="CAUTION", help="cautions to store in spite of")
        parser.add_argument("--change", type=UUID, help="id of the change: the same again stores nothing twice")
        parser.add_argument("--report", type=Path, help="write the whole report there, as JSON")
        parser.add_argument("--commit", action="store_true", help="store the areas, as one change")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        try:
            self._import(path, options)
        except Unreadable as fault:
            raise CommandError(str(told(fault).detail)) from fault
        except Problem as problem:
            raise CommandError(_words(problem)) from problem

    def _import(self, path: Path, options: dict[str, Any]) -> None:
        said = Said(
            crs=options["crs"], layer=options["layer"], encoding=options["encoding"], swapped=options["swapped"],
            map=None if options["map"] is None else from_words(options["map"]),
        )  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="import-") as folder:
            rows = Path(folder) / "rows.arrow"
            namespace = uuid5(NAMESPACE, path.name)
            found = check_file(path, said, rows=rows, namespace=namespace, actor=None, now=timezone.now())
            if options["report"]:
                options["report"].write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
            self._tell(found)
            if not found["sound"]:
                if not found["new"] and not found["problem_count"]:
                    self.stdout.write(_("All rows are on the map already; there is nothing to store."))
                    return
                raise CommandError(_("Nothing was stored: correct the rows above, or the answers about the file."))
            asked = [one["code"] for one in found["cautions"] if one["ask"] and one["code"] not in options["agree"]]
            if asked:
                words = _("Nothing was stored. Look at the cautions; to store all the same: --agree %(codes)s")
                raise CommandError(words % {"codes": " ".join(asked)})
            if not options["commit"]:
                self.stdout.write(_("Nothing was stored: add --commit to store these areas as one change."))
                return
            change = options["change"] or uuid4()
            reason = options["reason"] or _("Imported from %(file)s") % {"file": path.name}
            done = store_checked(rows, change_id=change, reason=reason, actor=None, now=timezone.now())
        words = _("%(areas)d areas are stored as the change %(change)s.")
        self.stdout.write(self.style.SUCCESS(words % done))

    def _tell(self, found: dict[str, Any]) -> None:
        """The report in lines."""
        file, crs = found["file"], found["crs"]
        line = _("%(name)s: %(kind)s, %(rows)d rows, %(crs)s (%(title)s)")
        self.stdout.write(line % {**file, "crs": crs["used"], "title": crs["title"]})
        sources = {word: column or f":{value}" for word, (column, value) in found["map"].items()}
        self.stdout.write("  " + " ".join(f"{word}={where}" for word, where in sources.items() if where != ":"))
        for tier in found["tiers"]:
            self.stdout.write(f"  {tier['name_zh']} ({tier['code']}): {tier['count']}")
        if found["standing"]:
            self.stdout.write(_("  on the map already, exactly so: %(count)d") % {"count": found["standing"]})
        for one in found["cautions"]:
            self.stdout.write(self.style.WARNING(f"  ! {one['code']}: {one['message']}"))
        for one in found["problems"][:MOST_LISTED]:
            self.stdout.write(_("  row %(row)d: %(message)s") % one)
        more = found["problem_count"] - min(len(found["problems"]), MOST_LISTED)
        if more > 0:
            self.stdout.write(_("  … and %(count)d more (--report FILE lists them by row)") % {"count": more})


def _words(problem: Problem) -> str:
    """A problem with its places or rows, for a terminal."""
    lines = [str(problem.detail)]
    lines += [f"  {place.get('message', '')}" for place in problem.places]
    lines += [f"  {row}" for row in problem.extra.get("rows", [])]
    return "\n".join(lines)
