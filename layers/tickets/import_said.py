"""What a person says about a file of tickets, and what its headings suggest before anybody said anything."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from gis.shared.datums import Datum
from gis.shared.errors import Invalid
from layers.tickets.imports import FIELDS, Manner, demand_fields

LONGEST = 200
MOST_WORDS = 500
GUESSES: dict[str, tuple[str, ...]] = {
    "number": ("工单编号", "工单号", "诉求编号", "受理编号", "流水号", "编号", "unique key", "number", "ticket", "id"),
    "reported": (
        "上报时间", "受理时间", "登记时间", "来电时间", "诉求时间", "发生时间", "created date", "reported", "created",
    ),
    "closed": ("办结时间", "结案时间", "完成时间", "办结", "closed date", "closed"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
    "category": ("事项类别", "诉求类型", "问题类型", "类别", "分类", "类型", "complaint type", "category", "type"),
    "text": ("诉求内容", "问题描述", "内容", "描述", "详情", "descriptor", "description", "text"),
    "accuracy": ("精度", "accuracy"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """The answers, checked for their kind but not yet against the file."""

    columns: dict[str, list[str]]
    time_zone: str
    datum: str
    source: str
    category: str = "other"
    form: str = ""
    encoding: str = ""
    words: dict[str, str] = field(default_factory=dict)
    """The file's words for categories that the catalogue does not know → codes."""

    def plain(self) -> dict[str, Any]:
        """As a job keeps it."""
        return asdict(self)

    def manner(self) -> Manner:
        """How the file is to be read; raises Invalid naming the field."""
        demand_fields(self.columns)
        if not self.source.strip():
            words = _("Say which system the file comes from: with its numbers that is how a ticket is known again.")
            raise Invalid(words, code="no-source", fields={"source": words})
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            words = _("No time zone is called %(name)s.") % {"name": self.time_zone}
            raise Invalid(words, code="bad-zone", fields={"time_zone": words}) from None
        if self.datum not in set(Datum):
            words = _("Choose the datum of the coordinates.")
            raise Invalid(words, code="bad-datum", fields={"datum": words})
        return Manner(
            columns={name: columns for name, columns in self.columns.items() if columns},
            zone=zone,
            datum=Datum(self.datum),
            category=self.category,
            form=self.form,
        )

    @classmethod
    def of(cls, given: Any) -> Self:
        """Answers as a browser or a job sends them; raises Invalid for anything else."""
        if not isinstance(given, Mapping):
            raise _bad()
        columns = given.get("columns", {})
        words = given.get("words", {})
        if not isinstance(columns, Mapping) or not isinstance(words, Mapping) or len(words) > MOST_WORDS:
            raise _bad()
        if not all(_text(word) and _text(code) for word, code in words.items()):
            raise _bad()
        if not all(name in FIELDS and _texts(told) for name, told in columns.items()):
            raise _bad()
        plain = {name: given.get(name, "") for name in ("time_zone", "datum", "source", "category", "form", "encoding")}
        if not all(_text(value) for value in plain.values()):
            raise _bad()
        plain["category"] = plain["category"] or "other"
        return cls(
            columns={name: [one for one in told if one] for name, told in columns.items()}, words=dict(words), **plain
        )


def _text(value: Any) -> bool:
    """Whether it is a text of bearable length."""
    return isinstance(value, str) and len(value) <= LONGEST and "\0" not in value


def _texts(value: Any) -> bool:
    """Whether it is a short list of such."""
    return isinstance(value, list) and len(value) <= 20 and all(_text(one) for one in value)


def _bad() -> Invalid:
    """Answers of another shape."""
    return Invalid(_("The answers about the file are not understood."), code="bad-request")


def guessed(columns: Sequence[str]) -> dict[str, list[str]]:
    """Which column of a file most likely holds which field: whole names first, then names that contain the word."""
    found: dict[str, list[str]] = {}
    free = [name for name in columns if name and columns.count(name) == 1]
    for exactly in (True, False):
        for name, words in GUESSES.items():
            for word in words if name not in found else ():
                if len(word) == 1 and not exactly:
                    continue
                hit = next((c for c in free if (c.casefold() == word if exactly else word in c.casefold())), None)
                if hit is not None:
                    found[name] = [hit]
                    free.remove(hit)
                    break
    return found
