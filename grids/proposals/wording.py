"""What is said of a file, a row or a sign, in the active language: what is wrong, where, and what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis.shared.errors import Invalid
from grids.filing import Unreadable


def told(fault: Unreadable) -> Invalid:
    """A file that cannot be read, as the problem a person is told."""
    return Invalid(file_words(fault.code, fault.values), code=f"file-{fault.code}", values=dict(fault.values))


def file_words(code: str, values: Mapping[str, Any]) -> str:
    """Why a file as a whole cannot be taken."""
    said = {name: values.get(name, "") for name in (
        "found", "most", "count", "line", "after", "part", "byte", "column", "layer", "name", "said", "seconds",
        "memory", "shapes", "rows", "layers", "number", "try", "x", "y",
    )}  # fmt: skip
    for name in ("x", "y"):
        if isinstance(said[name], float):
            said[name] = f"{said[name]:.6g}"
    return (_file_faults().get(code) or _("The file cannot be read (%(code)s).") % {"code": code}) % said


def _file_faults() -> dict[str, str]:
    """What each code of a fault says; a function, so that the words are in the reader's language."""
    return {
        "empty-file": _("The file is empty. Export it again."),
        "wrong-kind": _("This looks like %(found)s. Send GeoJSON, GeoPackage, GeoParquet, or a shapefile as a zip."),
        "lonely-shp": _("A shapefile has several parts. Send .shp, .shx, .dbf and .prj together in one zip."),
        "bad-zip": _("The zip archive is damaged or not complete. Pack it again."),
        "locked-zip": _("The zip archive has a password. Pack it without one."),
        "zip-bomb": _("Unpacked, the archive is larger than %(most)s MB. Nothing of it was kept."),
        "too-many-members": _("The archive holds more than %(most)s files. Pack one data set alone."),
        "nothing-in-zip": _("The archive holds no shapefile, GeoJSON, GeoPackage or GeoParquet."),
        "many-in-zip": _("The archive holds %(count)s data sets. Pack one alone."),
        "missing-part": _("The shapefile lacks %(part)s. Pack .shp, .shx, .dbf and .prj together."),
        "truncated": _("The file is not complete: its part %(part)s ends too early. Copy or export it again."),
        "bad-part": _("Its part %(part)s is damaged or something else. Export the file again."),
        "parts-disagree": _("The parts do not belong together: %(shapes)s shapes but %(rows)s rows of attributes."),
        "broken": _("The file is damaged: %(said)s"),
        "reader-died": _("Reading the file broke off: it is damaged, or needs more than %(memory)s MB. Split it."),
        "too-much-memory": _("Reading the file needs more than %(memory)s MB. Split it."),
        "too-slow": _("Reading the file took longer than %(seconds)s seconds and was stopped. Split it."),
        "ends-early": _("The text ends in line %(line)s, after %(after)s features: not complete. Export it again."),
        "bad-json": _("Line %(line)s, after %(after)s features, is not JSON. Export the file again."),
        "not-geojson": _("This is JSON but no FeatureCollection (found: %(found)s)."),
        "not-text": _("The text is neither UTF-8 nor GB18030 (byte %(byte)s)."),
        "too-many-rows": _("The file has more than %(most)s rows. Split it by county or street."),
        "too-many-vertices": _("The file has more than %(most)s vertices. Simplify or split it."),
        "too-many-columns": _("The file has more than %(most)s columns. Leave out what is not needed."),
        "too-many-layers": _("The file has more than %(most)s layers."),
        "no-rows": _("The file holds no row."),
        "no-layer": _("The GeoPackage has no layer with shapes."),
        "no-such-layer": _("The file has no layer “%(layer)s”."),
        "layers-disagree": _("Its %(layers)s layers have different coordinate systems. Choose one layer."),
        "rows-missing": _("The layer “%(layer)s” promises more rows than can be read: the file is damaged."),
        "no-geometry-column": _("The file has no column of shapes (%(column)s)."),
        "wrong-encoding": _("The shapes are written as %(found)s; WKB is needed."),
        "no-crs": _("The file does not say in which coordinate system it is (no .prj). Choose it; nothing is guessed."),
        "unknown-crs": _("The coordinate system “%(name)s” is not known. Give its EPSG number."),
        "offset-off": _(
            "%(name)s is switched off here. Converting it needs permission under the surveying law (测绘法) and the"
            " rules on secret geographic data; the administrator switches it on with ALLOW_OFFSET_DATUMS."
        ),
        "swapped-file": _("The numbers (%(x)s, %(y)s) look like latitude before longitude. Say that they are swapped."),
        "metres-not-degrees": _(
            "The numbers (%(x)s, %(y)s) are metres, not degrees. Choose the zone they belong to. %(try)s"
        ),
        "degrees-not-metres": _("The numbers (%(x)s, %(y)s) are degrees, not metres of “%(name)s”."),
        "numbered-zone": _("The eastings begin with the zone number %(number)s: choose %(try)s."),
        "plain-zone": _("The eastings have no zone number in front: choose %(try)s."),
        "no-such-column": _("The file has no column “%(column)s”."),
        "bad-map": _("“%(said)s”: write WORD=COLUMN, or WORD=:TEXT for one text for all rows."),
    }


def fault_words(code: str, values: Mapping[str, Any]) -> str:
    """Why one row's shape cannot be taken."""
    said = {name: values.get(name, "") for name in ("found", "count", "most")}
    words = {
        "no-shape": _("The row has no shape."),
        "broken-shape": _("The shape is damaged and cannot be read."),
        "not-an-area": _("This is %(found)s; an area is a polygon."),
        "not-a-feature": _("This is no GeoJSON feature."),
        "short-ring": _("A ring has fewer than four positions."),
        "open-ring": _("A ring is not closed: the last position must equal the first."),
        "bad-position": _("A position is not two finite numbers."),
        "too-many-vertices-in-row": _("The shape has %(count)s vertices; %(most)s are the most. Simplify it."),
        "lost": _("The coordinates lie nowhere on the earth in this coordinate system."),
    }
    return words.get(code, code) % said


def note_words(code: str, values: Mapping[str, Any]) -> str:
    """What a person should look at before storing."""
    words = {
        "wrong-cpg": _("The .cpg says “%(said)s”, but the texts are %(used)s; they were read so."),
        "guessed-encoding": _("No encoding is named; the texts were read as %(encoding)s. Look at the names."),
        "not-utf8": _("GeoJSON should be UTF-8; this one was read as %(encoding)s. Look at the names."),
        "rough-datum": _(
            "From “%(name)s” without the local parameters the place may err by %(metres)s m."
            " Better have it converted to CGCS2000 by the surveying office."
        ),
        "offset-datum": _("Converted from %(name)s by the public formula, iterated to less than a millimetre."),
        "looks-offset": _(
            "%(now)s%% of the shapes fit the areas on the map; read as %(title)s it would be %(fits)s%%,"
            " %(metres)s m away. The coordinate system seems to be named wrongly."
        ),
        "looks-swapped": _(
            "With longitude and latitude swapped, %(fits)s%% instead of %(now)s%% of the shapes would fit."
        ),
        "offset-off": _("%(name)s is switched off here (ALLOW_OFFSET_DATUMS).") % {"name": "GCJ-02/BD-09"},
        "markup": ngettext(
            "%(count)s name looks like HTML (row %(row)s). It is stored and shown as plain text.",
            "%(count)s names look like HTML (row %(row)s). They are stored and shown as plain text.",
            int(values.get("count", 1)),
        ),
    }
    found = words.get(code, code)
    return found % values if values else found
