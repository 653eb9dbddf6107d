"""The one background loop: makes dates ahead, turns facts into mails, sends what is due."""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import click
from flask import current_app
from sqlalchemy.exc import OperationalError

from meetups.accounts import limits
from meetups.clock import utcnow
from meetups.events import undo
from meetups.events.renamed import tell_calendars
from meetups.events.services import roll_forward
from meetups.extensions import db
from meetups.imports.following import read_calendars
from meetups.mail import outbox
from meetups.mail.models import Heartbeat
from meetups.mail.transport import Transport, from_settings
from meetups.reminders.services import plan
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import expire_offers, settle_blocks
from meetups.rsvps.standing import answer_for_regulars

EVERY_SECONDS = 5.0
HOST_NAME_LENGTH = 30
log = logging.getLogger("meetups.worker")


def run_round(
    now: datetime,
    *,
    transport: Transport | None = None,
    owner: str = "one round",
    clock: Callable[[], datetime] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Do everything that is due at `now`, each step in transactions of its own; return how many mails were finished.

    `owner` must be no other running worker's; `clock` is asked before each mail (without it, all are sent at
    `now`), and so is `stop`. Raises OperationalError where the database is away.
    """
    for step in (
        roll_forward,
        tell_calendars,
        settle_blocks,
        expire_offers,
        handle_changes,
        answer_for_regulars,
        plan,
        limits.forget_old,
        undo.forget_old,
        read_calendars,
        outbox.forget_old,
    ):
        if stop():
            return 0
        _alone(step, now)
    transport = transport or from_settings(current_app.config["SETTINGS"])
    finished = outbox.send_due(transport, owner, clock or (lambda: now), stop)
    db.session.merge(Heartbeat(worker=owner, beat_at=now))
    db.session.commit()
    return finished


def _alone(step: Callable[[datetime], object], now: datetime) -> None:
    # One step that breaks must not keep the mails of the others from going out.
    try:
        step(now)
        db.session.commit()
    except OperationalError:
        db.session.rollback()
        raise
    except Exception:
        db.session.rollback()
        log.exception("%s did not work", step.__name__)


@click.command("worker")
@click.option("--once", is_flag=True, help="Do one round and stop.")
@click.option("--every", default=EVERY_SECONDS, show_default=True, help="Seconds between rounds.")
def worker(once: bool, every: float) -> None:
    """Send mails and make dates until told to stop (SIGTERM, Ctrl-C): the mail in hand is finished first."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    transport = from_settings(current_app.config["SETTINGS"])
    owner = _owner()
    while not stopping.is_set():
        sent = _survive(transport, owner, stopping.is_set)
        if once:
            break
        # More may be due already where there was something to send.
        stopping.wait(0 if sent else every)


def _owner() -> str:
    return f"{socket.gethostname()[:HOST_NAME_LENGTH]}-{os.getpid()}-{secrets.token_hex(4)}"


def _survive(transport: Transport, owner: str, stop: Callable[[], bool]) -> int:
    # Whatever breaks in a round, the next one is tried: a row in hand comes back when its lease is over.
    try:
        return run_round(utcnow(), transport=transport, owner=owner, clock=utcnow, stop=stop)
    except OperationalError as error:
        log.warning("database not available: %s", type(error.orig).__name__)
    except Exception:
        log.exception("a round did not work")
    finally:
        db.session.rollback()
        db.session.remove()
    return 0
