"""The project's settings on the test's own database, with the tests' kinds of job."""

import os

from gis.settings import *  # noqa: F403
from gis.settings import DATABASES, INSTALLED_APPS

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
INSTALLED_APPS += ["tests.jobs.kinds"]
SPOOL_DIR = os.environ["TEST_SPOOL"]
AUDIT_HEADS = os.environ["TEST_SPOOL"]
