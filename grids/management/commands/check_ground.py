"""`manage.py check_ground`: everything wrong in the ground, with places; ends with 1 when something forbidden is."""

import json
from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from gis.shared.errors import Problem
from gis.shared.periods import moment_from
from grids.models import Boundary
from grids.soundness import look_over, told


class Command(BaseCommand):
    """Looks the ground over and says what it found."""

    help = "Looks for overlaps, escapes, gaps, specks and orphans in the whole ground; ends with 1 when it is unsound."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which part, when, and for whom it is printed."""
        parser.add_argument("--area", default="", help="code of an area: only that and what lies in it")
        parser.add_argument("--moment", default="", help="a date, or date and time; now, if none is given")
        parser.add_argument("--json", action="store_true", help="print one JSON object for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, print, judge."""
        try:
            moment = moment_from(options["moment"], now=timezone.now())
        except Problem as wrong:
            raise CommandError(str(wrong.detail)) from wrong
        root = None
        if options["area"]:
            named = Boundary.objects.at(moment).filter(code=options["area"]).order_by("tier__rank").first()
            if named is None:
                raise CommandError(f"There is no area with the code {options['area']} at that moment.")
            root = named.area_id
        began = perf_counter()
        soundness = look_over(moment, root=root)
        found = told(soundness, moment)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, cls=DjangoJSONEncoder))
        else:
            self._print(found, perf_counter() - began)
        if not soundness.sound:
            raise CommandError("The ground is not sound.", returncode=1)

    def _print(self, found: dict[str, Any], seconds: float) -> None:
        """One line a problem, then the sums."""
        for one in found["problems"]:
            where = "{:.7f}, {:.7f}".format(*one["point"]) if one["point"] else "?"
            self.stdout.write(f"{one['severity']:8} {one['id']}  {one['name']}: {one['message']}  ({where})")
        for one in found["allowed"]:
            self.stdout.write(f"allowed  {one['name']}: {one['reason']} ({one['by']})")
        more = found["count"] - len(found["problems"])
        if more:
            self.stdout.write(f"… and {more} more.")
        self.stdout.write(f"{found['looked_at']} areas looked at in {seconds:.1f} s, {found['count']} problems.")
