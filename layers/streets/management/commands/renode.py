"""Make the walking network anew from the stored streets, with the walls and gates of now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from layers.streets.actions import renode


class Command(BaseCommand):
    help = "Node the stored streets anew, with the walls and gates of now (after compounds or gates were changed)."

    def handle(self, *args: Any, **options: Any) -> None:
        network = renode(now=timezone.now(), actor="renode")
        self.stdout.write(f"Walking network {network.pk}: {network.nodes} nodes, {network.edges} edges.")
