"""The server as Procfile and docs/deploy.md start it: what it cannot read it does not write down."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
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


@pytest.mark.real_clock
@pytest.mark.parametrize("file", ["Procfile", "docs/deploy.md"])
def test_a_request_that_makes_no_sense_is_in_no_log(tmp_path: Path, file: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"127.0.0.1:{port}" if option.startswith("127.0.0.1:") else option for option in started_by(file)]
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    environ.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "gunicorn", *options]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        for _ in range(200):
            try:
                said = answer_to(port, f"GET /feeds/x {SECRET}/my-meetups.ics HTTP/1.1\r\n\r\n".encode())
                break
            except OSError:
                time.sleep(0.05)
    finally:
        server.terminate()
        log, _ = server.communicate(timeout=20)
    assert b"400" in said.splitlines()[0]
    assert SECRET not in log, log
