"""The audit log's chain: prove it, seal it, print its head, set aside the head of a chain that is gone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from gis.audit import heads
from gis.audit.sealing import seal
from gis.audit.verifying import verify


class Command(BaseCommand):
    help = "Proves that nobody changed the audit log, the owner of its table included (docs/audit.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="verify|seal|head|forget")
        proof = acts.add_parser(
            "verify", help="read the whole log and name every row that does not fit; status 1 if any"
        )
        proof.add_argument("--head", action="append", default=[], help="a head kept elsewhere (chain:number:head)")
        acts.add_parser("seal", help="put what waits into the chain now")
        acts.add_parser("head", help="seal, then print the last head, to be kept on paper or another machine")
        gone = acts.add_parser("forget", help="set aside the head of a chain whose database was deliberately replaced")
        gone.add_argument("chain")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"])(options)

    def verify(self, options: dict[str, Any]) -> None:
        try:
            given = [heads.from_text(text) for text in options["head"]]
        except ValueError as error:
            raise CommandError(_("A head is written chain:number:head, as `audit head` prints it.")) from error
        kept = heads.kept()
        report = verify([*kept, *given])
        for line in report.findings:
            self.stdout.write(f"✗ {line}")
        told = _("%(entries)s entries in %(seals)s seals were read, %(waiting)s wait for their seal.")
        self.stdout.write(told % {"entries": report.entries, "seals": report.seals, "waiting": report.waiting})
        if not kept and not given and report.seals:
            self.stdout.write(_("No head is kept on this machine: that nothing was cut off at the end is not proven."))
        if not report.sound:
            raise CommandError(
                _("The log is not as it was written: %(count)s findings.") % {"count": len(report.findings)}
            )
        self.stdout.write(_("The log is whole.") + (f"  {report.head}" if report.head else ""))

    def seal(self, options: dict[str, Any]) -> None:
        self.stdout.write(_("%(count)s entries were sealed.") % {"count": seal(now=timezone.now())})

    def head(self, options: dict[str, Any]) -> None:
        seal(now=timezone.now())
        report = verify([])
        self.stdout.write(str(report.head or ""))

    def forget(self, options: dict[str, Any]) -> None:
        if not heads.forget(options["chain"]):
            raise CommandError(_("No head of this chain is kept on this machine."))
        self.stdout.write(_("Its head was set aside."))
