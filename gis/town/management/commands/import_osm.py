"""`manage.py import_osm FILE [--commit]`: an OpenStreetMap extract as a place."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.errors import Problem
from gis.town.imported import demand_room, store_import
from gis.town.opening.apart import MEMORY_MB, SECONDS, plan_apart
from gis.town.osm_wording import told, why_unreadable
from layers.streets.osm import UnreadableFile

MOST_PLACES = 10


class Command(BaseCommand):
    """Prints what it would do; with --commit does it, whole or not at all."""

    help = "Import an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz) into an empty place."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how the place is called."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")
        parser.add_argument("--name", default="", help="the place's name in Chinese (default: the file's name)")
        parser.add_argument("--name-en", default="", help="the place's name in English")
        parser.add_argument("--time-zone", default=settings.TIME_ZONE, help="the place's time zone")
        parser.add_argument("--report", type=Path, help="write the whole report to this JSON file")
        parser.add_argument("--memory", type=int, default=MEMORY_MB, metavar="MB", help="most memory for reading it")
        parser.add_argument("--seconds", type=int, default=SECONDS, help="most computing time for reading it")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when the place is filled already")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, report, store."""
        try:
            ZoneInfo(options["time_zone"])
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(_("No time zone is called %(name)s.") % {"name": options["time_zone"]}) from error
        try:
            if options["commit"]:
                demand_room()
            plan = plan_apart(
                options["file"], name_zh=options["name"], name_en=options["name_en"],
                memory_mb=options["memory"], seconds=options["seconds"],
            )  # fmt: skip
            for line in told(plan):
                self.stdout.write(line)
            if options["report"]:
                words = json.dumps(plan.document(), ensure_ascii=False, indent=1)
                options["report"].write_text(words + "\n", encoding="utf-8")
                self.stdout.write(_("The whole report is in %(path)s.") % {"path": options["report"]})
            if not options["commit"]:
                self.stdout.write(_("Nothing was stored. Say --commit to store it."))
                return
            place = store_import(plan, now=timezone.now(), time_zone=options["time_zone"])
        except UnreadableFile as error:
            raise CommandError(why_unreadable(error)) from error
        except OperationalError as error:
            raise CommandError(
                _("The database is not available: %(why)s Nothing was stored.") % {"why": str(error).strip()}
            ) from error
        except Problem as problem:
            if options["if_empty"] and problem.kind == "place-filled":
                self.stdout.write(str(problem.detail))
                return
            told_places = "".join(f"\n  {place['message']}" for place in problem.places[:MOST_PLACES])
            raise CommandError(f"{problem.detail}{told_places}") from problem
        self.stdout.write(self.style.SUCCESS(_("Stored: %(name)s.") % {"name": place.name}))
