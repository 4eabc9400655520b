"""`manage.py reseal`: seal personal data anew with the first of FIELD_KEYS and with HASH_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gis.shared.sealing import present
from layers.tickets.resealing import reseal


class Command(BaseCommand):
    help = "Seal personal data anew with the present keys, so that former ones can be thrown away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commit", action="store_true", help="do it; without this only say what would be done")

    def handle(self, *args: Any, commit: bool, **options: Any) -> None:
        report = reseal(commit=commit)
        done = "were sealed anew" if commit else "would be sealed anew"
        self.stdout.write(f"{report.kept} reporters are kept; {report.former} {done} with the key {present()!r}.")
        if report.unreadable:
            shown = ", ".join(report.unreadable[:20]) + (" …" if len(report.unreadable) > 20 else "")
            raise CommandError(
                f"{len(report.unreadable)} cannot be opened with any of FIELD_KEYS: {shown}\n"
                "Add the key that sealed them (the error in the log names it); throw no key away before this is 0."
            )
        if not commit and report.former:
            self.stdout.write("Nothing was changed. Say --commit to do it.")
