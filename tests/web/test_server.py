"""The server as Procfile and docs/deploy.md start it: what it cannot read it does not write down."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-somebody"


def started_by(file: str) -> list[str]:
    """Return the options that a file gives to gunicorn."""
    line = re.search(r"gunicorn (wsgi:app .*)", (ROOT / file).read_text())
    assert line
    return shlex.split(line[1])


def answer_to(port: int, asked: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(asked)
        return line.recv(1000)


@contextmanager
def served(file: str, folder: Path) -> Iterator[int]:
    """Start the server as a file says, and give its port once it answers; what it says goes into a log in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"127.0.0.1:{port}" if option.startswith("127.0.0.1:") else option for option in started_by(file)]
    environ = {**os.environ, "DATA_DIR": str(folder), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    environ.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "gunicorn", *options]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            with suppress(OSError):
                answer_to(port, b"GET /healthz HTTP/1.1\r\n\r\n")
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.real_clock
@pytest.mark.parametrize("file", ["Procfile", "docs/deploy.md"])
def test_a_request_that_makes_no_sense_is_in_no_log(tmp_path: Path, file: str) -> None:
    with served(file, tmp_path) as port:
        said = answer_to(port, f"GET /feeds/x {SECRET}/my-meetups.ics HTTP/1.1\r\n\r\n".encode())
    log = (tmp_path / "log").read_text()
    assert b"400" in said.splitlines()[0]
    assert SECRET not in log, log


@pytest.mark.real_clock
@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "X-Forwarded-Prefix"])
def test_no_visitor_says_under_which_path_the_site_stands(tmp_path: Path, name: str) -> None:
    # Each path would have all icons written anew, and kept.
    with served("Procfile", tmp_path) as port:
        host = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{name}: /made-up"
        found = answer_to(port, f"GET /made-up/healthz {host}\r\n\r\n".encode())
        usual = answer_to(port, f"GET /healthz {host}\r\n\r\n".encode())
    assert b"404" in found.splitlines()[0] and b"200" in usual.splitlines()[0]
