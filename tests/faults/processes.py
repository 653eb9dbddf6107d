"""Real worker and web processes on the test's own database, which may be killed, and whose clock may be wrong."""

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meetups.config import Settings
from tests.mail.smtp import free_port

ROOT = Path(__file__).parent.parent.parent
WITHIN = 120.0  # seconds until what must come true has come true
LOOKS_EVERY = 0.05


class Process(subprocess.Popen[str]):
    """A process, and what it has logged. By a pipe: a full disk must not keep it from telling."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.lines: list[str] = []
        super().__init__(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=env, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def said(self, words: str) -> int:
        """Return how often it has logged some words."""
        return sum(words in line for line in list(self.lines))

    def end(self) -> None:
        """Kill it, where it has not ended."""
        if self.poll() is None:
            self.kill()
        self.wait(WITHIN)
        self._reader.join(WITHIN)

    def _read(self) -> None:
        assert self.stderr
        with self.stderr:
            for line in self.stderr:
                self.lines.append(line)


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
def running(command: list[str], env: dict[str, str]) -> Iterator[Process]:
    """Run a module of Python as a process until the block ends."""
    process = Process(command, env)
    try:
        yield process
    finally:
        process.end()


@contextmanager
def worker(settings: Settings, mail_url: str, every: float = 0.1, **more: str) -> Iterator[Process]:
    """Run a worker that looks so often (seconds)."""
    command = ["flask", "--app", "wsgi", "worker", "--every", str(every)]
    with running(command, environment(settings, mail_url, **more)) as process:
        yield process


@contextmanager
def web(settings: Settings, workers: int = 2) -> Iterator[tuple[Process, str]]:
    """Run gunicorn; yield its process and the address it answers at."""
    port = free_port()
    options = ["--worker-class", "gthread", "--threads", "4", "--workers", str(workers)]
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


def until(true: Callable[[], object], within: float = WITHIN) -> None:
    """Wait for something to come true; fail where it does not."""
    ends = time.monotonic() + within
    while not true():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(LOOKS_EVERY)
