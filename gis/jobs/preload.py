"""What the process from which jobs are forked has loaded: all of Django's apps, and no connection."""

import django

django.setup()
