"""What the process from which jobs are forked has loaded: all of Django's apps, and no connection."""

import gc

import django

django.setup()
gc.freeze()  # what all jobs share stays shared, and no job looks through it for cycles
