"""Make what the map keeps: simplified outlines, places of names; and throw away old tiles. The worker does it too."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from layers.atlas import keeping, outlines


class Command(BaseCommand):
    help = "simplifies the outlines of coarse tiers, finds places for names and throws away old tiles"

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        made = outlines.renew(now=now, patient=False)
        gone = keeping.tidy(now=now)
        self.stdout.write(f"{made['outlines']} outlines and {made['anchors']} places of names made")
        self.stdout.write(f"{gone['edited'] + gone['old'] + gone['crowded']} old tiles thrown away")
