"""One message from a mail server, from bytes to a commit: what the pipe and the listener share."""

import logging
from datetime import datetime

from flask import current_app
from sqlalchemy.exc import OperationalError

from meetups.extensions import db, forget_transaction
from meetups.replies.reading import Why, read, too_large
from meetups.replies.reports import read_report
from meetups.replies.services import Outcome, Result, apply, take_report

log = logging.getLogger("meetups.replies")


def receive(raw: bytes, now: datetime, rcpt: str | None = None, sender: str | None = None) -> Outcome:
    """Take a message and commit what it changes; say what became of it, and log that without address or token.

    `rcpt` and `sender` are as in `reading.read`. AWAY asks the mail server to try again: the database is away, or
    we have a fault that will be mended.
    """
    try:
        result = _result(raw, now, rcpt, sender)
        db.session.commit()
    except OperationalError as error:
        result = Result(Outcome.AWAY, f"database not available: {type(error.orig).__name__}")
    except Exception as error:
        result = Result(Outcome.AWAY, type(error).__name__)
    finally:
        forget_transaction()
    level = logging.WARNING if result.outcome == Outcome.AWAY else logging.INFO
    log.log(level, "a reply: %s", ", ".join(filter(None, (result.outcome.value, result.why))))
    return result.outcome


def _result(raw: bytes, now: datetime, rcpt: str | None, sender: str | None) -> Result:
    report = None if too_large(raw) else read_report(raw)
    settings = current_app.config["SETTINGS"]
    if report:
        return take_report(report, rcpt or report.to, settings, now)
    found = read(raw, settings.reply_to, rcpt, sender)
    if not isinstance(found, Why):
        return apply(found, now)
    # Whoever answers by itself must get no answer, not even a bounce.
    ignored = found in (Why.AUTOMATIC, Why.NO_ANSWER)
    return Result(Outcome.IGNORED if ignored else Outcome.BAD, found.value)
