"""Prometheus's figures from real processes: all of gunicorn's together, and a worker's own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from meetups.config import Settings
from tests.mail.outbox_rows import add
from tests.mail.processes import ROOT, STARTS_WITHIN, worker_process
from tests.mail.smtp import Inbox, free_port

pytestmark = [pytest.mark.real_clock, pytest.mark.slow, pytest.mark.one_database]


def asked(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def until(read: Callable[[], str]) -> str:
    """Ask until there is an answer."""
    ends = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            return read()
        except OSError:
            assert time.monotonic() < ends, "it never answered"
            time.sleep(0.05)


@contextmanager
def gunicorn(settings: Settings, port: int, metrics: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DATABASE_URL": settings.database_url, "SECRET_KEY": settings.secret_key, "PUBLIC_URL": "http://localhost",
        "DATA_DIR": str(settings.data_dir), "METRICS_PORT": str(metrics), "LOG_FORMAT": "json",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: asked(port, "/healthz"))
        yield process
    finally:
        process.terminate()
        process.wait(STARTS_WITHIN)


def counted(figures: str) -> float:
    found = re.search(
        r'^hellopark_requests_total\{method="GET",route="pages.healthz",status="200"\} (.+)$', figures, re.M
    )
    return float(found[1]) if found else 0


def test_requests_are_counted_over_all_processes_and_a_dead_ones_are_kept(app: Flask, settings: Settings) -> None:
    port, metrics = free_port(), free_port()
    with gunicorn(settings, port, metrics) as server:
        before = counted(asked(metrics, "/metrics"))
        for _ in range(30):
            asked(port, "/healthz")
        assert counted(asked(metrics, "/metrics")) == before + 30
        assert "hellopark_request_seconds_bucket" in asked(metrics, "/metrics")
        children = f"/proc/{server.pid}/task/{server.pid}/children"
        with Path(children).open() as file:
            killed = int(file.read().split()[0])
        os.kill(killed, signal.SIGKILL)
        for _ in range(10):
            until(lambda: asked(port, "/healthz"))
        assert counted(asked(metrics, "/metrics")) >= before + 40


def test_a_worker_says_what_became_of_mails_and_how_long_the_queue_is(
    app: Flask, settings: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("METRICS_PORT", str(port))
    add(1)
    with worker_process(settings, inbox.url, "--every", "0.1"):
        # The tests' own template is nothing a worker knows: it is dropped.
        figures = until(lambda: asked(port + 1, "/metrics"))
        ends = time.monotonic() + STARTS_WITHIN
        while "hellopark_mails_total{" not in figures or "hellopark_round_seconds_count 0.0" in figures:
            assert time.monotonic() < ends, figures
            time.sleep(0.05)
            figures = asked(port + 1, "/metrics")
        assert 'hellopark_mails_total{outcome="dropped",template="tests_note"} 1.0' in figures
        assert "hellopark_mails_due 0.0" in figures and "hellopark_oldest_due_mail_seconds 0.0" in figures
        # A second one on the same machine takes the next port.
        with worker_process(settings, inbox.url, "--every", "0.1"):
            assert "hellopark_round_seconds" in until(lambda: asked(port + 2, "/metrics"))
