"""What benchmarks say is so: a slow page is not made quicker by the way it is counted."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks import http
from benchmarks.http import Target

pytestmark = pytest.mark.one_database
TAKES, CONNECTIONS = 0.15, 2


class Slow(BaseHTTPRequestHandler):
    """A page that takes TAKES seconds."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(TAKES)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def slow() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_what_is_answered_after_the_end_does_not_count_as_answered_before(slow: int) -> None:
    target = Target("slow", "/")
    http.measure(slow, [target], rounds=1, seconds=0.2, connections=CONNECTIONS)
    assert target.rate <= CONNECTIONS / TAKES
