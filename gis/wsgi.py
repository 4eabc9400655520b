"""What gunicorn serves."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis.settings")
application = get_wsgi_application()

from layers.streets.network import warm_up  # noqa: E402  (models exist only after the line above)

Thread(target=warm_up, name="warm-up", daemon=True).start()
