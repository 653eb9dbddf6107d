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
from meetups.events.services import roll_forward
from meetups.extensions import db
from meetups.mail import outbox
from meetups.mail.models import Heartbeat
from meetups.mail.transport import Transport, from_settings
from meetups.reminders.services import plan
from meetups.rsvps.services import handle_changes

EVERY_SECONDS = 5.0
log = logging.getLogger("meetups.worker")


def run_round(
    transport: Transport, owner: str, clock: Callable[[], datetime] = utcnow, stop: Callable[[], bool] = lambda: False
) -> int:
    """Do everything that is due, each step in transactions of its own; return how many mails were finished."""
    for step in (roll_forward, handle_changes, plan, limits.forget_old, outbox.forget_old):
        if stop():
            return 0
        _alone(step, clock())
    finished = outbox.send_due(transport, owner, clock, stop)
    db.session.merge(Heartbeat(worker=owner, beat_at=clock()))
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
    """Send mails and make dates until told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    transport = from_settings(current_app.config["SETTINGS"])
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    while not stopping.is_set():
        try:
            run_round(transport, owner, stop=stopping.is_set)
        except OperationalError as error:
            log.warning("database not available: %s", type(error.orig).__name__)
            db.session.rollback()
        finally:
            db.session.remove()
        if once:
            break
        stopping.wait(every)
