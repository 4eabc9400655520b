"""`manage.py load_catalogues`: the lists' first contents."""

from typing import Any

from django.core.management.base import BaseCommand

from gis.catalogue.actions import load_catalogues


class Command(BaseCommand):
    """Adds what is missing and leaves what a city edited."""

    help = "Adds the missing rows of every catalogue from data/catalogues."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was added."""
        for table, added in load_catalogues().items():
            self.stdout.write(f"{table}: {added} added")
