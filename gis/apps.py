"""The project as an app: its system checks and its language files."""

from django.apps import AppConfig


class GisConfig(AppConfig):
    """Named "gis_project" because django.contrib.gis owns "gis"."""

    name = "gis"
    label = "gis_project"

    def ready(self) -> None:
        """Register the settings checks."""
        from gis.shared import checks  # noqa: F401  (registration is the import's purpose)
