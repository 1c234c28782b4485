"""How gunicorn serves the pages, on a desk and in production alike; flags on its command line win."""

import os
from pathlib import Path
from typing import Any

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 20
keepalive = 5
loglevel = "warning"
# No access log: the paths of survey pages hold the customers' links. A proxy in front should leave them out too.
accesslog = None
# It would live in the home folder of whoever starts this, which a service user may not have.
control_socket_disable = True
if Path("/dev/shm").is_dir():
    # The sign of life of each worker is a file: keep it off slow disks.
    worker_tmp_dir = "/dev/shm"


def post_worker_init(worker: Any) -> None:
    """Its own log says which request it could not handle, and the path of a survey page is a customer's key."""
    from config.logs import DiscreetFormatter

    for handler in worker.log.error_log.handlers:
        if handler.formatter is not None:
            handler.setFormatter(DiscreetFormatter(handler.formatter._fmt, handler.formatter.datefmt))
