"""Real worker and web processes on the test's own database, which may be killed, and whose clock may be wrong."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meetups.config import Settings
from tests.mail.smtp import free_port

ROOT = Path(__file__).parent.parent.parent
WITHIN = 120.0  # seconds until what must come true has come true


def environment(settings: Settings, mail_url: str = "", **more: str) -> dict[str, str]:
    """What a process of the site is told."""
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": settings.public_url,
        "DATA_DIR": str(settings.data_dir),
        "MAIL_URL": mail_url,
    } | more  # fmt: skip


@contextmanager
def running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python as a process until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(WITHIN)


@contextmanager
def worker(settings: Settings, mail_url: str, every: float = 0.1, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker that looks so often (seconds)."""
    command = ["flask", "--app", "wsgi", "worker", "--every", str(every)]
    with running(command, environment(settings, mail_url, **more)) as process:
        yield process


@contextmanager
def web(settings: Settings, workers: int = 2) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run gunicorn; yield its process and the address it answers at."""
    port = free_port()
    options = ["--worker-class", "gthread", "--threads", "4", "--workers", str(workers), "--log-level", "critical"]
    command = ["gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *options]
    address = f"http://127.0.0.1:{port}"
    with running(command, environment(settings)) as process:
        until(lambda: answers(f"{address}/healthz"))
        yield process, address


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def until(true: Callable[[], bool], within: float = WITHIN) -> None:
    """Wait for something to come true; fail where it does not."""
    ends = time.monotonic() + within
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.02)
