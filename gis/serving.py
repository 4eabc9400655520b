"""How gunicorn serves: the code is read and the server warmed up once, before the port opens; workers share both.

`gunicorn --config python:gis.serving gis.wsgi`. A worker begins with the streets and tickets mapped, the residents read
and the kernels loaded, in memory that it shares with the others until something changes.
"""

import gc
import logging
from typing import Any

log = logging.getLogger(__name__)

preload_app = True
timeout = 120
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Before the port opens and before there is any worker: nothing here may leave a thread or a connection behind."""
    from django.urls import resolve

    from layers.coverage import warming as coverage
    from layers.hotspots import warming as hotspots

    # every door is made when the first address is looked up: half a second of each worker's first answer
    for work in (lambda: resolve("/"), coverage.warm_up, hotspots.warm_up):
        try:
            work()
        except Exception:
            # what is wrong with a figure is no reason to serve nothing at all
            log.exception("the server was not warmed up")
    # what the workers share stays shared: the collector of cycles would write in each page of it
    gc.collect()
    gc.freeze()
