"""`flask receive-mail` as a mail server runs it: a process of its own, on the test's own database."""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from meetups.config import Settings
from meetups.replies.commands import receive_mail
from tests.mail.processes import ROOT, STARTS_WITHIN
from tests.mail.smtp import free_port


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": settings.public_url,
        "DATA_DIR": str(settings.data_dir),
        "MAIL_FROM": settings.mail_from,
        "REPLY_TO": settings.reply_to or "",
    }


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", "receive-mail", *options]


def pipe(settings: Settings, raw: bytes, *options: str) -> tuple[int, str]:
    """Run it once on a message; return its exit code and everything it said."""
    done = subprocess.run(
        command(*options), cwd=ROOT, env=environment(settings), input=raw, capture_output=True, timeout=STARTS_WITHIN
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def in_process(raw: bytes, *options: str) -> tuple[int, str]:
    """The same command without a process of its own."""
    done = current_app.test_cli_runner().invoke(receive_mail, options, input=raw)
    return done.exit_code, done.output


@contextmanager
def listening(settings: Settings, *options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run it as a listener until the block ends; yields its port."""
    port = free_port()
    process = subprocess.Popen(
        command("--listen", f"127.0.0.1:{port}", *options),
        cwd=ROOT, env=environment(settings), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _await(port, process)
        yield port, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _await(port: int, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5):
                return
        except OSError:
            assert process.poll() is None and time.monotonic() < ends, "it does not listen"
            time.sleep(0.05)
