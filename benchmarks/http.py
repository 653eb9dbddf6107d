"""A real server and a client that costs little, for benchmarks: requests per second of several addresses, in turn."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
STARTS_WITHIN = 20  # seconds


@dataclass
class Target:
    """One address with what it is asked with, and how many requests a second it answered in each round.

    With `others` it is a kind of address: each request is for the next of them.
    """

    name: str
    path: str
    headers: str = ""
    expects: int = 200
    rates: list[float] = field(default_factory=list)
    others: Iterator[str] | None = None

    @property
    def request(self) -> bytes:
        """The bytes of the next request."""
        path = next(self.others) if self.others else self.path
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers}\r\n".encode()

    @property
    def rate(self) -> float:
        """Requests per second: the middle of the rounds."""
        return median(self.rates)


@contextmanager
def server(application: str, environment: dict[str, str], options: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Run `application` ("module:name") under gunicorn with `options` until the block ends; yield port and process."""
    command = ("gunicorn", application, "--bind", "127.0.0.1:{port}", "--log-level", "error", *options)
    with running(command, environment) as started:
        yield started


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run a Python module with its arguments, in which {port} stands for a free one, until the block ends; yield port
    and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [word.format(port=port) for word in command]
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, env=os.environ | environment, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        try:
            ask(connect(port), Target("", "/healthz"))
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def connect(port: int) -> socket.socket:
    """Open a connection to a server of this machine."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask(connection: socket.socket, target: Target) -> tuple[str, bytes]:
    """Send one request and return the answer's head and body. Ends the program where it is not what is expected."""
    connection.sendall(target.request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    text = head.decode()
    length = 0 if " 304 " in text else int(text.lower().split("content-length: ")[1].split("\r\n")[0])
    while len(body) < length:
        body += _received(connection)
    if int(text.split(" ")[1]) != target.expects:
        raise SystemExit(f"{target.name}: {text.splitlines()[0]}")
    return text, body


def tag_of(port: int, target: Target) -> str:
    """Return the ETag with which an address answers."""
    return ask(connect(port), target)[0].lower().split("etag: ")[1].split("\r\n")[0]


def _received(connection: socket.socket) -> bytes:
    return connection.recv(65536) or _closed()


def _closed() -> bytes:
    raise OSError("the server has closed the connection")


def measure(port: int, targets: Sequence[Target], rounds: int, seconds: float, connections: int) -> None:
    """Ask each target for `seconds` in each round, and note its rate; the first round warms up."""
    for number in range(rounds + 1):
        measure_once(port, targets, seconds, connections, keep=number > 0)


def measure_once(
    port: int, targets: Sequence[Target], seconds: float, connections: int, keep: bool, anew: bool = False
) -> None:
    """Ask each target for `seconds`, with a new connection for each request if `anew`, and note its rate where it is to
    be kept."""
    for target in targets:
        rate = _rate(port, target, seconds, connections, anew)
        target.rates += [rate] if keep else []


def children(process: int) -> list[int]:
    """Return the processes that a process of this machine has started."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def memory(process: int) -> int:
    """Return the bytes that a process has for itself (its private pages)."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    private = [line.split() for line in lines if line.startswith("Private")]
    return sum(int(words[1]) * 1024 for words in private)


def _rate(port: int, target: Target, seconds: float, connections: int, anew: bool) -> float:
    began = time.perf_counter()
    ends = began + seconds

    def client(_number: int) -> int:
        asked = 0
        while time.perf_counter() < ends:
            with connect(port) as connection:
                while time.perf_counter() < ends:
                    ask(connection, target)
                    asked += 1
                    if anew:
                        break
        return asked

    with ThreadPoolExecutor(connections) as pool:
        asked = sum(pool.map(client, range(connections)))
    # The last answers come after the end: of slow pages these are many.
    return asked / (time.perf_counter() - began)
