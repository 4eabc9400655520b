"""What is wrong with a picture, said to people: what it is, what is taken, and the way out."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gis.files.pictures import FaultyError
from gis.shared.errors import Invalid

TAKEN = "JPEG, PNG, WebP, HEIC"
PROGRAM = _("This is %(what)s, which can carry programs and is not taken. Send a photo (%(taken)s).")
OTHER = _("This is a file of the kind %(what)s, not a photo that is taken here (%(taken)s).")
SENTENCES: dict[str, Any] = {
    "empty": _("This file is empty. Choose the photo again."),
    "too-large": _("This file is larger than %(mb)s MB. Take the photo with a lower resolution."),
    "other-kind": _("This is no photo that can be read here. What is taken: %(taken)s."),
    "moving": _("This picture moves. Send one that stands still, for example a screenshot of it."),
    "two-in-one": _(
        "Behind or inside this picture lies another file. Open it, save the picture anew and send that one."
    ),
    "truncated": _("This %(kind)s picture is cut off: its end is missing. Choose it again."),
    "broken": _("This %(kind)s picture is damaged and cannot be read. Choose another one."),
    "too-many-pixels": _(
        "This picture has %(width)s × %(height)s pixels; at most %(side)s a side and %(megapixels)s million in all are "
        "taken. Make it smaller."
    ),
    "too-few-pixels": _(
        "This picture has only %(width)s × %(height)s pixels: nothing can be seen on it. At least %(least)s a side."
    ),
    "too-much-memory": _("This picture needs too much memory to be read. Make it smaller."),
    "too-slow": _("Reading this picture takes too long. Make it smaller or save it as JPEG."),
    "reader-died": _("Reading this picture broke off: it is damaged. Choose another one."),
}


def refusal(fault: FaultyError) -> Invalid:
    """A refused picture as an answer beside the field it came from."""
    sentence, what = SENTENCES[fault.code], fault.values.get("what")
    if fault.code == "other-kind" and what:
        sentence = PROGRAM if what in {"SVG", "HTML"} else OTHER
    told = sentence % {**fault.values, "taken": TAKEN, "mb": settings.FILES_MAX_MB}
    return Invalid(told, code=f"picture-{fault.code}", fields={"file": told})
