"""What the database refused, in words: two who write at once find out here which of them was later."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gis.shared.errors import Conflict


@contextmanager
def guarded() -> Iterator[None]:
    """One transaction whose refusal by the database becomes a Conflict; nothing of it is stored then."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise explained(error) from error


def explained(error: IntegrityError) -> Conflict:
    """What a person is told; raises the error again where it is none of a race."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    if name == "service_sites_site_pkey":
        return Conflict(_("There is a site of this id already."), code="id-taken")
    if name == "service_sites_site_most":
        words = _("Somebody has just made another site the one of this kind in this area.")
        return Conflict(words, code="most-sites")
    if name == "service_sites_site_named_once":
        words = _("Somebody has just called another site of this area so.")
        return Conflict(words, code="same-name", fields={"name_zh": words})
    if name.startswith("service_sites_") and name.endswith("_once"):
        return Conflict(_("Somebody changed the same site at the same moment. Look at it again."), code="busy")
    raise error
