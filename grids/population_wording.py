"""What is said of a file of residents: what cannot be read, what is wrong with a row, what to look at first."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.filing.faults import Unreadable


def unreadable(fault: Unreadable) -> str:
    """Why a file cannot be read at all, and what to do."""
    told = {
        "empty-file": _("The file is empty."),
        "no-rows": _("The file has no rows below its heads."),
        "no-sheet": _("This is neither a CSV nor an XLSX file. Save it from a spreadsheet as one of them."),
        "utf-16": _("The file is in UTF-16. Save it as CSV in UTF-8."),
        "bad-encoding": _("The texts of the file are neither UTF-8 nor GB 18030. Save it as CSV in UTF-8."),
        "bad-csv": _("Line %(line)s cannot be read: a quotation mark is opened and not closed, or a cell is too long."),
        "zip-bomb": _("Unpacked, this file would be larger than %(most)s MB."),
        "too-many-bytes": _("The file is larger than %(most)s MB. Send it in parts."),
        "too-many-rows": _("More than %(most)s rows: send the file in parts."),
        "too-many-columns": _("More than %(most)s columns: leave out what is not needed."),
    }
    return told.get(fault.code, _("This file cannot be read.")) % fault.values


def wanting(columns: Mapping[str, str], bands: Sequence[str]) -> str:
    """Which columns are missing; "" when the file can be read."""
    if "code" in columns and ("lon" in columns or "lat" in columns):
        return _("Choose either the column of the area's code or those of longitude and latitude.")
    if ("lon" in columns) != ("lat" in columns):
        return _("Longitude and latitude go together: choose both columns.")
    if "code" not in columns and "lon" not in columns:
        return _("Say where the residents live: choose the column of the area's code, or longitude and latitude.")
    if "residents" not in columns and not any(band in columns for band in bands):
        return _("Say how many they are: choose the column of the residents, or those of age bands.")
    return ""


def no_word(word: str, words: Sequence[str]) -> str:
    """A word that is no field of ours."""
    return _("“%(word)s” is no field. There are: %(words)s.") % {"word": word[:40], "words": _(", ").join(words)}


def no_such(word: str) -> str:
    """The same in short."""
    return _("No such field: %(word)s") % {"word": word[:40]}


def no_column(head: str, heads: Sequence[str]) -> str:
    """A column that the file has not."""
    return _("The file has no column “%(column)s”. It has: %(columns)s.") % {
        "column": head[:60], "columns": _(", ").join(heads[:30]),
    }  # fmt: skip


def fault(code: str, text: str) -> str:
    """What is wrong with a row."""
    told = {
        "cells": _("This line has more cells than there are heads."),
        "no-code": _("The code is missing."),
        "no-lon": _("The longitude is missing."),
        "no-lat": _("The latitude is missing."),
        "bad-lon": _("“%(text)s” is no longitude in degrees."),
        "bad-lat": _("“%(text)s” is no latitude in degrees."),
        "lon-as-lat": _("“%(text)s” is no latitude: longitude and latitude look exchanged."),
        "no-figure": _("The number of residents is missing; it stays unknown, it is not 0."),
        "bad-figure": _("“%(text)s” is no number of residents."),
        "huge-figure": _("“%(text)s” residents is beyond belief."),
        "bad-households": _("“%(text)s” is no number of households."),
        "huge-households": _("“%(text)s” households is beyond belief."),
        "bands-above-all": _("The age bands add up to more than all residents (%(text)s)."),
        "twice": _("The same stands in an earlier line: %(text)s."),
    }
    return told[code] % {"text": text}


def ageless() -> str:
    """What the figures are called that nobody counted by age."""
    return _("of any age (not counted by age)")


def misplaced(suspicion: Mapping[str, Any]) -> dict[str, Any]:
    """A caution: read in another way far more points would lie in areas."""
    names = {
        "gcj02": _("as GCJ-02"), "bd09": _("as BD-09"), "wgs84": _("as WGS 84"),
        "swapped": _("with longitude and latitude exchanged"),
    }  # fmt: skip
    words = _("Only %(now)s of the points lie in an area; read %(way)s it would be %(fits)s. Is the datum right?") % {
        "now": f"{suspicion['now']:.0%}", "fits": f"{suspicion['fits']:.0%}", "way": names[suspicion["try"]],
    }  # fmt: skip
    return {"code": "offset", "message": words, "ask": True, "try": suspicion["try"]}


def nested(names: Sequence[str]) -> list[dict[str, Any]]:
    """A caution that cannot be agreed to: an area and one above it both stand in the file."""
    if not names:
        return []
    words = ngettext(
        "%(count)d area has figures in the file, and so has one above it (%(names)s): the same people stand twice."
        " Leave out the rows of the upper areas.",
        "%(count)d areas have figures in the file, and so have areas above them (%(names)s …): the same people stand"
        " twice. Leave out the rows of the upper areas.",
        len(names),
    ) % {"count": len(names), "names": _(", ").join(names[:5])}
    return [{"code": "nested", "message": words, "ask": False}]


def crowded(households: int, residents: int) -> dict[str, Any]:
    """A caution: there are more households than people."""
    words = _(
        "The file says %(households)s households with %(residents)s residents in them: more households than people."
        " Are the two columns exchanged?"
    ) % {"households": f"{households:,}", "residents": f"{residents:,}"}
    return {"code": "households", "message": words, "ask": True}


def counted_twice(names: Sequence[str], number: int) -> dict[str, Any]:
    """A caution: areas above or below have figures that count the same people."""
    words = ngettext(
        "%(count)d area above or below those of the file has figures already (%(names)s). They would count the same"
        " people twice, so they end when these begin.",
        "%(count)d areas above or below those of the file have figures already (%(names)s …). They would count the same"
        " people twice, so they end when these begin.",
        number,
    ) % {"count": number, "names": _(", ").join(names)}
    return {"code": "replace", "message": words, "ask": True}


def later(names: Sequence[str], number: int) -> dict[str, Any]:
    """A caution that cannot be agreed to: newer figures stand there."""
    words = ngettext(
        "%(count)d area has figures of a later day (%(names)s). Choose a later day, or leave out its row.",
        "%(count)d areas have figures of a later day (%(names)s …). Choose a later day, or leave out their rows.",
        number,
    ) % {"count": number, "names": _(", ").join(names)}
    return {"code": "later", "message": words, "ask": False}
