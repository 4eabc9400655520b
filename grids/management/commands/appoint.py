"""Appoints somebody from the server: the first administrator, and the auditor whom no administrator appoints."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.accounts.actions import one_time_password
from gis.shared.errors import Problem
from grids.models import Boundary, Role
from grids.roster import appoint_on_server


class Command(BaseCommand):
    """`manage.py appoint administrator 990001 张三 --username zhangsan`."""

    help = "Appoints a person to a role on an area, with a sign-in if a user name is given. Prints the password once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("code", help="the area's code")
        parser.add_argument("name", help="the person's name")
        parser.add_argument("--tier", help="the area's tier, where several areas have this code")
        parser.add_argument("--post", default="", help="what the post is called")
        parser.add_argument("--username", help="make an account by this name with a one-time password")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = Boundary.objects.at(now).filter(code=options["code"])
        if options["tier"]:
            found = found.of_tier(options["tier"])
        areas = list(found.select_related("tier").defer("geometry")[:2])
        if len(areas) != 1:
            words = _("Several areas have this code: add --tier.") if areas else _("No area has this code now.")
            raise CommandError(words)
        password = one_time_password(secrets.token_hex(16))
        try:
            made = appoint_on_server(
                role=options["role"], area=areas[0].area_id, name=options["name"], post=options["post"],
                username=options["username"], password=password, now=now,
            )  # fmt: skip
        except Problem as problem:
            raise CommandError(str(problem.detail)) from None
        self.stdout.write(f"{made} · {areas[0].name}")
        if options["username"]:
            self.stdout.write(_("One-time password (shown this once): %(password)s") % {"password": password})
