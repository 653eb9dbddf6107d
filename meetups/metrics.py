"""What Prometheus asks of the web server and of each worker, on a port that only this machine reaches.

Several gunicorn processes count into files of one folder (prometheus-client's multiprocess mode), which the one that
started them adds up: see gunicorn.conf.py. A worker is one process and has a port of its own.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

LOOPBACK = "127.0.0.1"
# METRICS_PORT is the web server's; workers take the first free one of the next.
WORKERS = 20
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))

REQUESTS = Counter("hellopark_requests", "Requests", ["route", "method", "status"])
LATENCY = Histogram("hellopark_request_seconds", "From the first byte in to the answer", ["route"])
MAILS = Counter("hellopark_mails", "Mails by what became of a try", ["template", "outcome"])
DUE = Gauge("hellopark_mails_due", "Mails that are due and not sent", multiprocess_mode="mostrecent")
OLDEST = Gauge("hellopark_oldest_due_mail_seconds", "For how long the oldest is due", multiprocess_mode="mostrecent")
ROUND = Histogram(
    "hellopark_round_seconds", "A round of the worker", buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer under the name of its route."""
    # Anybody may make up a method; a label for each would fill the memory.
    REQUESTS.labels(route, method if method in METHODS else "other", status).inc()
    LATENCY.labels(route).observe(seconds)


def serve_web(port: int) -> None:
    """Answer with the sum of all web processes; raises OSError where the port is taken."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_http_server(port, addr=LOOPBACK, registry=registry)


def serve_worker(web_port: int) -> int | None:
    """Answer with this process's own figures; return the port, or None where all of them are taken."""
    for port in range(web_port + 1, web_port + 1 + WORKERS):
        try:
            start_http_server(port, addr=LOOPBACK)
        except OSError:
            continue
        return port
    return None
