"""`manage.py ticket_diagram [--write]`: print the flow of a ticket, or put it into docs/tickets.md."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from layers.tickets import workflow

BEGIN, END = "<!-- flow: written by manage.py ticket_diagram --write -->", "<!-- end of flow -->"


class Command(BaseCommand):
    """Print the workflow table as a diagram; --write renews it in docs/tickets.md."""

    help = "Print the flow of a ticket as a diagram (--write: into docs/tickets.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--write", action="store_true", help="renew docs/tickets.md")

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        """Print, or replace what stands between the two marks."""
        if not write:
            self.stdout.write(workflow.diagram())
            return
        path = Path(settings.BASE_DIR) / "docs" / "tickets.md"
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}\n{workflow.diagram()}\n{END}{after}", encoding="utf-8")
        self.stdout.write(str(path))
