"""What gunicorn does beside serving: METRICS_PORT answers Prometheus with the sum of all its processes."""

import gc
import os
import shutil
import tempfile
from typing import Any

PORT = os.environ.get("METRICS_PORT")
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

# gunicorn takes SCRIPT_NAME from whoever speaks from this machine, and many a proxy hands on what its visitor wrote:
# no visitor says under which path the site stands.
forwarder_headers = ""

if PORT and FOLDER not in os.environ:
    # Before anything imports prometheus_client, which looks for it once.
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="hello-park-metrics-")


def when_ready(_server: Any) -> None:
    """Answer from the process that starts the others, and never dies with one of them."""
    if PORT:
        from meetups.metrics import serve_web

        serve_web(int(PORT))


def post_worker_init(_worker: Any) -> None:
    """Spare the collector what is there before the first request, and stays."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a process that has ended had counted, and forget what it stood at."""
    if PORT:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    if PORT:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
