"""The one background loop: makes dates ahead, turns facts into mails, sends what is due."""

import gc
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

import click
import structlog
from flask import current_app
from sqlalchemy.exc import OperationalError

from meetups import metrics
from meetups.accounts import bounces, limits
from meetups.clock import steady, utcnow
from meetups.events import undo
from meetups.events.renamed import tell_calendars
from meetups.events.services import roll_forward
from meetups.extensions import db, forget_transaction
from meetups.faults import where
from meetups.granting.services import grant, look_again
from meetups.hosting.resting import rest_silent
from meetups.hosting.services import see_who_welcomes
from meetups.imports.following import read_calendars
from meetups.mail import outbox, queries
from meetups.mail.models import Heartbeat
from meetups.mail.transport import Connection, Transport, from_settings
from meetups.reminders.services import plan
from meetups.reminders.weekly import look_ahead
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import expire_offers, settle_blocks
from meetups.rsvps.standing import answer_for_regulars
from meetups.wishes import services as wishes

EVERY_SECONDS = 5.0
# For how long one that was told to stop still tries to write down what has left, and how often.
LAST_SECONDS, LAST_PAUSE = 5.0, 0.5
HOST_NAME_LENGTH = 30
log = logging.getLogger("meetups.worker")


def run_round(
    now: datetime,
    *,
    transport: Transport | None = None,
    owner: str = "one round",
    clock: Callable[[], datetime] | None = None,
    stop: Callable[[], bool] = lambda: False,
    unwritten: outbox.Unwritten | None = None,
    steady: Callable[[], float] | None = None,
) -> int:
    """Do everything that is due at `now`, each step in transactions of its own; return how many mails were finished.

    What is `unwritten` comes first: it has left, and its lease runs. `owner` must be no other running worker's;
    `clock` is asked before each mail (without it, all are sent at `now`), and so is `stop`; leases are timed by
    `steady` (outbox.send_due). Raises OperationalError where the database is away.
    """
    unwritten = outbox.Unwritten() if unwritten is None else unwritten
    outbox.catch_up(unwritten)
    for step in (
        roll_forward,
        tell_calendars,
        settle_blocks,
        see_who_welcomes,
        rest_silent,
        expire_offers,
        handle_changes,
        answer_for_regulars,
        plan,
        look_ahead,
        look_again,
        grant,
        bounces.count_refused,
        limits.forget_old,
        bounces.forget_old,
        undo.forget_old,
        wishes.forget_old,
        read_calendars,
        outbox.forget_old,
    ):
        if stop():
            return 0
        _alone(step, now)
    transport = transport or from_settings(current_app.config["SETTINGS"])
    finished = outbox.send_due(transport, owner, clock or (lambda: now), stop, unwritten, steady)
    db.session.merge(Heartbeat(worker=owner, beat_at=(clock or (lambda: now))()))
    db.session.commit()
    return finished


def _alone(step: Callable[[datetime], object], now: datetime) -> None:
    # One step that breaks must not keep the mails of the others from going out.
    try:
        step(now)
        db.session.commit()
    except OperationalError:
        forget_transaction()
        raise
    except Exception as error:
        forget_transaction()
        log.error("a step did not work", extra={"step": step.__name__, "why": where(error)})


@click.command("worker")
@click.option("--once", is_flag=True, help="Do one round and stop.")
@click.option("--every", default=EVERY_SECONDS, show_default=True, help="Seconds between rounds.")
def worker(once: bool, every: float) -> None:
    """Send mails and make dates until told to stop (SIGTERM, Ctrl-C): the mail in hand is finished first, and
    what became of it written down, if the database is back within a few seconds."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    transport = from_settings(current_app.config["SETTINGS"])
    owner, unwritten = _owner(), outbox.Unwritten()
    # What is there now stays: the collector, which wakes with every few mails, need not look through it each time.
    gc.collect()
    gc.freeze()
    with structlog.contextvars.bound_contextvars(worker=owner):
        _serve_metrics()
        while not stopping.is_set():
            sent = _survive(transport, owner, stopping.is_set, unwritten)
            if once:
                break
            # More may be due already where there was something to send.
            stopping.wait(0 if sent else every)
        _write_last(unwritten)


def _write_last(unwritten: outbox.Unwritten) -> None:
    """Try for LAST_SECONDS to write what has left: whoever takes it after us would send it again."""
    ends = time.monotonic() + LAST_SECONDS
    while unwritten:
        try:
            outbox.catch_up(unwritten)
        except OperationalError as error:
            log.warning("database not available", extra={"why": type(error.orig).__name__})
            if time.monotonic() >= ends:
                return
            time.sleep(LAST_PAUSE)
        finally:
            db.session.remove()


def _serve_metrics() -> None:
    wanted = current_app.config["SETTINGS"].metrics_port
    if wanted:
        port = metrics.serve_worker(wanted)
        log.info("metrics on port %s", port) if port else log.warning("no port for metrics is free")


def _measure(began: float) -> None:
    metrics.ROUND.observe(time.perf_counter() - began)
    now = utcnow()
    due = queries.due(now)
    metrics.DUE.set(due.count)
    metrics.OLDEST.set((now - due.oldest).total_seconds() if due.oldest else 0)


def _owner() -> str:
    return f"{socket.gethostname()[:HOST_NAME_LENGTH]}-{os.getpid()}-{secrets.token_hex(4)}"


def _survive(transport: Connection, owner: str, stop: Callable[[], bool], unwritten: outbox.Unwritten) -> int:
    # Whatever breaks in a round, the next one is tried.
    began = time.perf_counter()
    try:
        sent = run_round(
            utcnow(), transport=transport, owner=owner, clock=utcnow, stop=stop, unwritten=unwritten, steady=steady
        )
        _measure(began)
        return sent
    except OperationalError as error:
        log.warning("database not available", extra={"why": type(error.orig).__name__})
    except Exception as error:
        log.error("a round did not work", extra={"why": where(error)})
    finally:
        transport.close()
        forget_transaction()
        db.session.remove()
    return 0
