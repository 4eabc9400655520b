"""Pages here are read as text: their files need not have been collected under hashed names."""

import pytest


@pytest.fixture(autouse=True)
def plain_static_names(settings) -> None:
    """Names without hashes; the browser tests use the hashed ones."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
