"""`manage.py make_demo_posts`: demonstration posts for ground that came without a roster."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.town.empty import make_posts


class Command(BaseCommand):
    """Fills posts where nobody holds any; `demo_accounts` then gives sign-ins."""

    help = "Appoint demonstration persons to county, community and a few compounds, when nobody holds any post."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Fill them and say how many."""
        count = make_posts(now=timezone.now(), actor="make_demo_posts")
        self.stdout.write(_("%(count)d demonstration posts were filled.") % {"count": count})
