"""Pages here are read as text: their files need not have been collected under hashed names."""

import pytest

from tests.coverage.conftest import peopled, place, site
from tests.hotspots.conftest import as_, ground

__all__ = ["as_", "ground", "peopled", "place", "site"]
"""Grounds of other tests, with streets and residents, or with tickets."""


@pytest.fixture(autouse=True)
def plain_static_names(settings) -> None:
    """Names without hashes; the browser tests use the hashed ones."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
