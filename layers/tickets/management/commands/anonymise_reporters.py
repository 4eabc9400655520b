"""`manage.py anonymise_reporters`: empty the reporters whose matter ended long ago."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from layers.tickets.reporters import anonymise, outlived


class Command(BaseCommand):
    help = "Empty name, number and address of reporters whose matter ended longer than REPORTERS_KEPT_DAYS ago."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commit", action="store_true", help="do it; without this only say what would be done")

    def handle(self, *args: Any, commit: bool, **options: Any) -> None:
        now = timezone.now()
        days = settings.REPORTERS_KEPT_DAYS
        if commit:
            count = anonymise(now=now, actor="anonymise_reporters")
            self.stdout.write(f"{count} reporters were anonymised: their matters ended more than {days} days ago.")
            return
        count = outlived(now).count()
        self.stdout.write(f"{count} reporters would be anonymised: their matters ended more than {days} days ago.")
        if count:
            self.stdout.write("Nothing was changed. Say --commit to do it.")
