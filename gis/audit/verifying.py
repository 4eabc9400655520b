"""Reading the whole log against its chain: every row that was changed, deleted, exchanged or put in is named."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis.audit import keys
from gis.audit.chain import MARK_BYTES, head, mark, same
from gis.audit.heads import Head
from gis.audit.models import Entry, Pending, Seal

SEALS_AT_ONCE = 500
ENTRIES_AT_ONCE = 2000
MOST_COMPARED = 300


@dataclass
class Report:
    """What was read and what is wrong; no findings means that the log is whole."""

    entries: int = 0
    seals: int = 0
    waiting: int = 0
    head: Head | None = None
    findings: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(known: list[Head]) -> Report:
    """Check every entry and every seal, and that the chain still holds the heads that were kept elsewhere."""
    report = Report()
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:  # one state of the log, whoever writes meanwhile
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        heads, sealed = _read_seals(report)
        _read_rest(report, sealed)
    _compare(report, heads, known)
    return report


def _read_seals(report: Report) -> tuple[dict[int, Head], set[int]]:
    """Every link and the entries it holds; the head of each number, and which entries were sealed."""
    ring = keys.ring()
    heads: dict[int, Head] = {}
    sealed: set[int] = set()
    wrong: dict[int, bytes] = {}
    last: Seal | None = None
    for links in _batches():
        marks: dict[int, bytes] = {}
        for link in links:
            number = last.number + 1 if last else 1
            if link.number != number:
                report.findings.append(_gone(number, link.number - 1))
            follows = bytes(link.before) == (bytes(last.head) if last else b"") or link.number != number
            key = ring.get(link.key)
            if key is None:
                told = _("Seal %(number)s was made with a key (%(key)s) that is not here: set AUDIT_OLD_KEYS.")
                report.findings.append(told % {"number": link.number, "key": link.key})
            elif not follows or not same(bytes(link.head), head(key, **link.told())):
                report.findings.append(_("Seal %(number)s was changed.") % {"number": link.number})
            for place, entry in enumerate(link.entries):
                if entry in sealed:
                    told = _("Entry %(entry)s stands in two seals.")
                    report.findings.append(told % {"entry": entry})
                sealed.add(entry)
                marks[entry] = bytes(link.marks[place * MARK_BYTES : (place + 1) * MARK_BYTES])
            heads[link.number] = Head(str(link.chain), link.number, bytes(link.head).hex())
            last = link
            report.seals += 1
        wrong |= _read_entries(report, marks, {entry: ring.get(link.key) for link in links for entry in link.entries})
    report.head = heads[last.number] if last else None
    _explain(report, wrong)
    return heads, sealed


def _batches() -> Iterator[list[Seal]]:
    """The seals in order, some hundreds at once."""
    rows = Seal.objects.order_by("number").iterator(SEALS_AT_ONCE)
    while links := list(islice(rows, SEALS_AT_ONCE)):
        yield links


def _read_entries(report: Report, marks: dict[int, bytes], key_of: dict[int, str | None]) -> dict[int, bytes]:
    """The sealed marks of those entries whose words do not fit them; entries that are gone are told at once."""
    ring, wrong = keys.ring(), {}
    found = Entry.objects.in_bulk(list(marks))
    report.entries += len(found)
    for number, sealed_mark in marks.items():
        entry = found.get(number)
        if entry is None:
            report.findings.append(_("Entry %(entry)s was deleted.") % {"entry": number})
            continue
        key = ring.get(entry.key) or key_of[number]  # entries from before the chain were signed by their seal
        own = bytes(entry.mark) if entry.mark is not None else b"" if entry.key else sealed_mark
        if key is not None and not (same(sealed_mark, own) and same(sealed_mark, mark(key, entry.told()))):
            wrong[number] = sealed_mark
    return wrong


def _explain(report: Report, wrong: dict[int, bytes]) -> None:
    """Of each entry that does not fit: whether it holds another's words, or new ones."""
    rows = Entry.objects.in_bulk(list(wrong))
    few = list(wrong)[:MOST_COMPARED]
    for number in wrong:
        entry = rows[number]
        words = entry.told()[1:]
        others = (other for other in few if other != number)
        twin = next(
            (o for o in others if any(same(wrong[o], mark(k, [o, *words])) for k in keys.ring().values())), None
        )
        if twin is None:
            told = _("Entry %(entry)s was changed (%(words)s).") % {"entry": number, "words": entry}
        else:
            told = _("Entry %(entry)s holds the words of entry %(other)s: they were re-ordered.")
            told %= {"entry": number, "other": twin}
        report.findings.append(told)


def _read_rest(report: Report, sealed: set[int]) -> None:
    """Entries in no seal: those that wait for theirs are sound if this system wrote them, all others are not."""
    waiting = set(Pending.objects.values_list("pk", flat=True))
    numbers = Entry.objects.order_by("id").values_list("pk", flat=True).iterator(50_000)
    rest = (number for number in numbers if number not in sealed)
    while some := list(islice(rest, ENTRIES_AT_ONCE)):
        report.entries += len(some)
        for number, entry in sorted(Entry.objects.in_bulk(some).items()):
            if not _written_here(entry, report):
                told = _("Entry %(entry)s was put in or changed by other means (%(words)s).")
                report.findings.append(told % {"entry": number, "words": entry})
            elif number not in waiting:
                report.findings.append(_unsealed(number))
            else:
                report.waiting += 1
    for number in sorted(waiting - sealed):
        if not Entry.objects.filter(pk=number).exists():
            report.findings.append(_("Entry %(entry)s was deleted.") % {"entry": number})


def _unsealed(number: int) -> str:
    """An entry that nothing holds."""
    told = _("Entry %(entry)s is in no seal and waits for none: a seal was taken away, or its place in the queue.")
    return told % {"entry": number}


def _written_here(entry: Entry, report: Report) -> bool:
    """Whether an entry without a seal carries a mark that fits, or comes from before a chain that has not begun."""
    if entry.mark is None:
        return not report.seals
    key = keys.ring().get(entry.key)
    return key is not None and same(bytes(entry.mark), mark(key, entry.told()))


def _compare(report: Report, heads: dict[int, Head], known: list[Head]) -> None:
    """The heads kept elsewhere must stand in the chain."""
    last = report.head.number if report.head else 0
    chain = report.head.chain if report.head else ""
    for kept in known:
        if kept.chain != chain:
            told = _("The chain %(chain)s (%(count)s seals), known here, is not in this database: emptied or replaced.")
            report.findings.append(told % {"chain": kept.chain, "count": kept.number})
        elif kept.number > last:
            report.findings.append(_gone(last + 1, kept.number))
        elif kept.number in heads and heads[kept.number].head != kept.head:
            told = _("From seal %(number)s on, or before, the chain is not the one that was kept elsewhere.")
            report.findings.append(told % {"number": kept.number})


def _gone(first: int, last: int) -> str:
    """Links that are missing."""
    if first == last:
        return _("Seal %(number)s was deleted, with what it held.") % {"number": first}
    return _("Seals %(first)s to %(last)s were deleted, with what they held.") % {"first": first, "last": last}
