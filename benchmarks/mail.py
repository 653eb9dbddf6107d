"""How fast a full outbox empties: mails per second of one worker and of four, against a bare smtplib loop.

`make bench-mail`. The loop sends the very same messages, composed before, to the same server in the same run: it
knows no database, writes nothing down and cannot be killed without loss. It is run before and after the workers,
so that a machine that is busy meanwhile is busy for all. It is run in two ways: as one writes it (`send_message`), and
with bytes that are ready, which leaves it nothing to do but to talk. It fails where one worker is under half of the
first, four are slower than one, or a mail was lost or sent twice.
"""

import argparse
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from benchmarks import mail_world
from benchmarks.mail_sink import Sink, sink
from meetups.app import create_app
from meetups.clock import utcnow
from meetups.config import from_environment
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import FinishedMail, Message, build
from tests import postgres

ROOT = Path(__file__).parent.parent
LEAST = 0.5
MAILS, LOOP_MAILS = 10_000, 2_000
CREW = 4
ENDS_WITHIN = 600  # seconds


class Loops(NamedTuple):
    """Mails per second of two bare loops: over messages as Python has them, and over bytes that are ready."""

    of_messages: float
    of_bytes: float


def main() -> int:
    """Print a table for each database; return 0 where all is fast enough and each mail has come once."""
    options = argparse.ArgumentParser()
    options.add_argument("--mails", type=int, default=MAILS)
    options.add_argument("--databases", default="sqlite,postgresql")
    asked = options.parse_args()
    print(f"{asked.mails} reminders due at once; mails per second as the mail server counts them")
    return max(run(name, asked.mails) for name in asked.databases.split(","))


def run(name: str, mails: int, crew: int = CREW) -> int:
    """Print the table of one database ("sqlite", "postgresql"), of one worker and of a `crew`; return 0 where all is
    well."""
    with tempfile.TemporaryDirectory() as folder, _database(name, folder) as url, sink() as server:
        environment = os.environ | {
            "DATABASE_URL": url, "DATA_DIR": folder, "PUBLIC_URL": "http://127.0.0.1", "DEMO": "",
            "MAIL_URL": f"smtp://127.0.0.1:{server.port}",
        }  # fmt: skip
        app = create_app(from_environment(environment))
        with app.app_context():
            mail_world.fill(mails)
            try:
                return _report(name, crew, *_measured(server, crew, environment))
            finally:
                db.session.remove()
                db.engine.dispose()


@contextmanager
def _database(name: str, folder: str) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite"
    else:
        with postgres.database() as url:
            yield url


def _measured(server: Sink, crew: int, environment: dict[str, str]) -> tuple[Loops, dict[int, float], list[str]]:
    """Return the loops' rates, the rate by number of workers, and what went wrong."""
    rows = mail_world.due()
    messages = [(_message(row), row.rcpt) for row in rows[:LOOP_MAILS]]
    owed = [row.message_id for row in rows]
    db.session.rollback()
    loops, rates, wrong = [_loop(server, messages)], {}, []
    for workers in (1, crew):
        mail_world.make_due()
        rates[workers], problems = _workers(server, workers, owed, environment)
        wrong += problems
        loops.append(_loop(server, messages))
    return Loops(*(mean(rates_of_one) for rates_of_one in zip(*loops, strict=True))), rates, wrong


def _message(row: mail_world.OutboxMail) -> FinishedMail:
    written = compose(row, utcnow())
    if not isinstance(written, Message):
        raise SystemExit(f"the world is wrong: {written}")
    return build(written, row.rcpt, row.message_id, utcnow())


def _loop(server: Sink, mails: list[tuple[FinishedMail, str]]) -> Loops:
    parsed = [(message_from_bytes(mail.sealed), rcpt) for mail, rcpt in mails]
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        for message, rcpt in parsed:
            client.send_message(message, to_addrs=[rcpt])
        of_messages = server.taken().rate
        for mail, rcpt in mails:
            client.sendmail(mail.sender, [rcpt], mail.sealed)
    return Loops(of_messages, server.taken().rate)


def _workers(server: Sink, count: int, owed: list[str], environment: dict[str, str]) -> tuple[float, list[str]]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--every", "0.1"]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) for _ in range(count)]
    ends = time.monotonic() + ENDS_WITHIN
    while server.count() < len(owed) and time.monotonic() < ends:
        time.sleep(0.2)
    for process in running:
        process.terminate()
    for process in running:
        process.wait(90)
    taken = server.taken()
    wrong = [f"{count} workers: {len(set(owed) - set(taken.ids))} lost"] if set(owed) - set(taken.ids) else []
    wrong += [f"{count} workers: {len(taken.ids) - len(set(taken.ids))} doubled"] * (len(taken.ids) > len(owed))
    wrong += [f"{count} workers: {left} not marked as sent"] if (left := mail_world.unsent()) else []
    return taken.rate, wrong


def _report(name: str, crew: int, loops: Loops, rates: dict[int, float], wrong: list[str]) -> int:
    print(f"\n{name:12} {'loop over messages':20} {loops.of_messages:6.0f} /s")
    print(f"{'':12} {'loop over bytes':20} {loops.of_bytes:6.0f} /s")
    for workers, rate in rates.items():
        words = "one worker" if workers == 1 else f"{workers} workers"
        shares = f"{rate / loops.of_messages:5.2f} and {rate / loops.of_bytes:4.2f} of the loops"
        print(f"{'':12} {words:20} {rate:6.0f} /s  {shares}")
    slow = ["one worker is under half of the loop"] if rates[1] < LEAST * loops.of_messages else []
    slow += [f"{crew} workers are slower than one"] if rates[crew] < rates[1] else []
    print("\n".join([*(wrong or [f"{'':12} every mail came once"]), *slow]), flush=True)
    return 1 if wrong or slow else 0


if __name__ == "__main__":
    sys.exit(main())
