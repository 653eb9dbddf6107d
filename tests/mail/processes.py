"""Real worker processes beside the test, on the test's own database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meetups.config import Settings

ROOT = Path(__file__).parent.parent.parent
STARTS_WITHIN = 30  # seconds


@contextmanager
def worker_process(settings: Settings, mail_url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `flask worker` with the given options until the block ends."""
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": settings.public_url,
        "DATA_DIR": str(settings.data_dir),
        "MAIL_URL": mail_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker", *options],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
