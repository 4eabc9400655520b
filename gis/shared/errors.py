"""Errors people can act on: one class per kind, one table to HTTP status.

A `Problem` says what is wrong, where (field or place on the map) and what to do; the API renders it as
application/problem+json (RFC 9457), pages render it in a template.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Problem(Exception):
    """Something the asker must know: `title` in one line, `detail` with the way out."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    title: ClassVar[Text] = _("This cannot be done")

    def __init__(
        self,
        detail: Text = "",
        *,
        code: str | None = None,
        fields: dict[str, Text] | None = None,
        places: list[dict[str, Any]] | None = None,
        **extra: Any,
    ) -> None:
        """`fields`: message by field name; `places`: [{"geometry": GeoJSON (lon, lat), "message": text}]."""
        super().__init__(str(detail))
        self.detail = detail
        self.kind = code or self.code
        self.fields = fields or {}
        self.places = places or []
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The problem+json document, in the active language."""
        document: dict[str, Any] = {
            "type": f"urn:wangge:problem:{self.kind}",
            "title": str(self.title),
            "status": self.status,
            "detail": str(self.detail),
            "code": self.kind,
        }
        if self.fields:
            document["fields"] = {name: str(message) for name, message in self.fields.items()}
        if self.places:
            document["places"] = [{**place, "message": str(place.get("message", ""))} for place in self.places]
        return document | self.extra


class Invalid(Problem):
    """The input is wrong; nothing was stored."""

    status = 422
    code = "invalid"
    title = _("Please correct this first")


class SignInNeeded(Problem):
    """Nobody is signed in and the answer depends on who asks."""

    status = 401
    code = "sign-in-needed"
    title = _("Please sign in")


class Refused(Problem):
    """The asker may not do this here."""

    status = 403
    code = "refused"
    title = _("You may not do this here")


class Missing(Problem):
    """There is no such thing, or none the asker may know of."""

    status = 404
    code = "missing"
    title = _("Not found")


class Conflict(Problem):
    """What is asked does not fit the present state; `extra` says what is possible."""

    status = 409
    code = "conflict"
    title = _("This is not possible now")


class Stale(Problem):
    """Somebody else changed it since; `extra` carries the difference."""

    status = 412
    code = "stale"
    title = _("Somebody changed this in the meantime")


class Failure(Problem):
    """A defect of ours; nothing of it is told but that it happened."""

    status = 500
    code = "failure"
    title = _("Something went wrong")


class Unavailable(Problem):
    """The database or a needed service is away; trying again later helps."""

    status = 503
    code = "unavailable"
    title = _("The system is not available for a moment")
