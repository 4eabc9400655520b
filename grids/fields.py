"""The rules for an area's words and codes, the same for one area and for a million rows."""

import re
import unicodedata

from django.utils.translation import gettext as _

from grids.models import Walled

LONGEST_NAME = 120
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}\Z")


def tidy_name(name: str) -> str:
    """A name without blanks around it, in the composed form of Unicode; HTML stays what it is: text."""
    return unicodedata.normalize("NFC", name).strip()


def wrong_fields(*, code: str, name_zh: str, name_en: str, walled: str) -> dict[str, str]:
    """What is wrong with tidied words, by field; empty when nothing is."""
    wrong: dict[str, str] = {}
    if not CODE.match(code):
        wrong["code"] = _("A code has 1 to 40 letters, digits, dots or dashes.")
    if not name_zh:
        wrong["name_zh"] = _("A name is needed.")
    for field, name in (("name_zh", name_zh), ("name_en", name_en)):
        if len(name) > LONGEST_NAME:
            wrong[field] = _("A name has at most %(most)d characters; this one has %(count)d.") % {
                "most": LONGEST_NAME,
                "count": len(name),
            }
        elif any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name):
            wrong[field] = _("A name is one line of ordinary characters.")
    if walled not in Walled.values:
        wrong["walled"] = _("Say yes, no or unknown.")
    return wrong
