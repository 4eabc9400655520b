"""`manage.py make_town`: the sample town in an empty database."""

from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gis.catalogue.actions import load_catalogues
from gis.catalogue.models import Place
from gis.shared.errors import Problem
from gis.town.make import city_parameters, make_town, town_parameters
from layers.coverage.actions import settle

EACH = 100_000


class Command(BaseCommand):
    """Makes the town whole or not at all, and says what it made."""

    help = "Makes the sample town in an empty database; refuses one that holds a place already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How large, and one option for scripts that may be run again."""
        parser.add_argument(
            "--scale",
            choices=("town", "city"),
            default="town",
            help="town: a county town of 4,000 grids (default); city: a prefecture of 89,000 grids in two counties",
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="end well, without doing anything, when the town is there already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print the counts."""
        if options["if_empty"] and Place.objects.filter(kind=Place.Kind.SAMPLE).exists():
            self.stdout.write("The sample town is there already.")
            return
        began = perf_counter()
        load_catalogues()  # their rows hold from now on, so the town's moment comes after
        try:
            parameters = city_parameters() if options["scale"] == "city" else town_parameters()
            counts = make_town(now=timezone.now(), parameters=parameters, progress=self.progress)
            settle(now=timezone.now(), actor="make_town")  # so that the first look at coverage has figures
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        for name, number in counts.items():
            self.stdout.write(f"{name:>14}: {number}")
        self.stdout.write(f"Sample town made in {perf_counter() - began:.0f} s.")

    def progress(self, done: int, total: int) -> None:
        """A line for each hundred thousand tickets: a prefecture takes minutes."""
        if total > EACH and (done % EACH == 0 or done == total):
            self.stdout.write(f"{done:,} of {total:,} tickets")
            self.stdout.flush()
