"""`manage.py demo_accounts`: new one-time sign-ins for demonstration, printed once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.shared.errors import Problem
from gis.town.demo import renew_owner, renew_sign_ins


class Command(BaseCommand):
    """Makes them and prints them; the former passwords end."""

    help = "Makes or renews one sign-in for every demonstration post and prints the passwords once."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a sign-in: user name, password, post."""
        try:
            owner = renew_owner(now=timezone.now(), actor="demo_accounts")
            sign_ins = [] if owner else renew_sign_ins(now=timezone.now(), actor="demo_accounts")
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem
        if owner:
            username, password = owner
            self.stdout.write(
                _("Nothing is drawn here yet. Who opens a place from a file (the password is shown once):")
            )
            self.stdout.write(f"  {username:<16} {password}  " + _("System owner"))
            return
        if not sign_ins:
            self.stdout.write(_("There are no demonstration posts here: `manage.py make_demo_posts` makes them."))
            return
        self.stdout.write(_("Demonstration sign-ins (the passwords are shown only now):"))
        for sign_in in sign_ins:
            post = sign_in.post
            words = " · ".join((str(post.get_role_display()), post.post_zh, sign_in.person.name_zh))
            self.stdout.write(f"  {sign_in.username:<16} {sign_in.password}  {words}")
