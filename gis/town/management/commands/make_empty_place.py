"""`manage.py make_empty_place`: a database with its lists and nothing else."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.errors import Problem
from gis.town.empty import make_empty_place


class Command(BaseCommand):
    """Makes it once; again, it says so and changes nothing."""

    help = "Make this database an empty place; with --around it has provisional ground to draw on."

    def add_arguments(self, parser: CommandParser) -> None:
        """The name and, if wanted, where the ground lies."""
        parser.add_argument("--name", default=settings.PLACE, help="the place's name in Chinese (default: PLACE)")
        parser.add_argument("--name-en", default="", help="the place's name in English")
        parser.add_argument("--time-zone", default=settings.TIME_ZONE, help="the place's time zone")
        parser.add_argument(
            "--around", nargs=4, type=float, metavar=("WEST", "SOUTH", "EAST", "NORTH"), help="degrees, WGS 84"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it and say what it is called."""
        try:
            place = make_empty_place(
                name_zh=options["name"],
                name_en=options["name_en"],
                around=tuple(options["around"]) if options["around"] else None,
                time_zone=options["time_zone"],
                now=timezone.now(),
                actor="make_empty_place",
            )
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        self.stdout.write(self.style.SUCCESS(_("An empty place: %(name)s.") % {"name": place.name}))
