"""`manage.py tickets verify|rebuild`: whether lists and counts rest on what the tickets say, and mending them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from layers.tickets.keeping import Differences, rebuild, verify


class Command(BaseCommand):
    help = "Compare the rows that lists and counts are read from with the tickets themselves, or put them right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["verify", "rebuild"], help="look only, or mend what differs")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        found = verify() if what == "verify" else rebuild()
        if found.none:
            self.stdout.write(f"{found.tickets:,} tickets: lists and counts tell what they tell.")
        elif what == "verify":
            raise CommandError(f"{_told(found)} differ.\nRun `manage.py tickets rebuild` to put them right.")
        else:
            self.stdout.write(f"{found.tickets:,} tickets: {_told(found)} differed and were put right.")


def _told(found: Differences) -> str:
    """What differs, in words."""
    narrow = f"{found.pairs:,} pairs of grids, {found.spots:,} spots, {found.tallies:,} tallies"
    return f"{narrow} and {found.borders:,} matters close to a border"
