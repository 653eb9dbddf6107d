"""A real https site on this machine, and what a test lets it answer."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from meetups.imports.fetching import Guard, is_public

CERTIFICATE = Path(__file__).parent.parent / "mail" / "localhost.pem"
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """Where it is, what it has been asked, and how it answers."""

    port: int = 0
    answer: Answer = lambda _request: None
    asked: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/library.ics"

    def guard(self, **more: Any) -> Guard:
        """The guard that lets us go to this machine, and trusts its certificate."""
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        given: dict[str, Any] = {
            "port": self.port,
            "context": context,
            "allowed": lambda address: address.is_loopback or is_public(address),
            "resolve": only_ipv4,
        }
        return Guard(**given | more)


def only_ipv4(host: str, port: int, **more: Any) -> list[Any]:
    """The real look-up; the site listens on 127.0.0.1 alone."""
    return socket.getaddrinfo(host, port, socket.AF_INET, **more)


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer of these bytes; header names with _ for -."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def site() -> Iterator[Site]:
    """Run a site for the length of the block."""
    here = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append({"path": self.path} | {name.lower(): value for name, value in self.headers.items()})
            here.answer(self)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever hangs up on us has reasons that a test knows."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
