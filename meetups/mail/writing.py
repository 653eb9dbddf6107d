"""From a row of the outbox to a finished message: composed as it leaves, by what is stored then.

The mails of one batch are composed together, in one transaction that only reads, right before the first of them leaves:
what several need is read for all at once (composers.reads_ahead). So a mail says what was so at most FRESH before it
is handed over; what waits for longer, behind a slow mail server, is composed anew in its turn. To one reader only the
first of a batch is composed ahead: what she knows once that has left decides what the next one says.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from meetups.extensions import forget_transaction, reading
from meetups.faults import where
from meetups.mail.claims import Noted, still_ours
from meetups.mail.composers import compose, read_ahead
from meetups.mail.message import Drop, FinishedMail, UnsafeMessage, Wait, build
from meetups.mail.models import OutboxMail
from meetups.mail.transport import Outcome, Result

FRESH = timedelta(seconds=1)
log = logging.getLogger("meetups.mail")


@dataclass(frozen=True, slots=True)
class Written:
    """A finished message, what its reader knows by it, and the rows it carries (Message.carries)."""

    message: FinishedMail
    noted: Noted | None = None
    carries: tuple[int, ...] = ()


# A message, why there is none, until when there is none, or why it cannot be written.
Draft = Written | Drop | Wait | Result


class Drafts:
    """What the mails of one batch say."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[Draft, datetime]] = {}

    def write_ahead(self, mails: Iterable[OutboxMail], now: datetime) -> None:
        """Compose the first mail to each reader, where there are several. Raises OperationalError."""
        firsts: dict[str, OutboxMail] = {}
        for mail in mails:
            firsts.setdefault(mail.rcpt, mail)
        if len(firsts) < 2:
            return
        with reading():
            try:
                self._write_all(list(firsts.values()), now)
            finally:
                forget_transaction()

    def _write_all(self, mails: list[OutboxMail], now: datetime) -> None:
        try:
            read_ahead(mails)
            for mail in mails:
                self._written[mail.id] = _draft(mail, now), now
        except OperationalError:
            raise
        except Exception as error:
            # The transaction may be broken: each that is left is composed alone in its turn, and one says why not.
            log.warning("a batch cannot be composed ahead", extra={"why": where(error)})

    def ahead(self, mail: OutboxMail, now: datetime) -> FinishedMail | None:
        """Return what a row is likely to say: what has been composed ahead, and is fresh."""
        written, at = self._written.get(mail.id, (None, now))
        return written.message if isinstance(written, Written) and abs(now - at) <= FRESH else None

    def of(self, mail: OutboxMail, now: datetime, sure: bool = False) -> Draft | None:
        """Return what a row says, by facts of at most FRESH ago; None where it is another worker's by now.

        Where it is `sure` that it is not, that is not asked again. Raises OperationalError.
        """
        written, at = self._written.pop(mail.id, (None, now))
        fresh = written if abs(now - at) <= FRESH else None
        if sure and fresh:
            return fresh
        # Nothing is held open while the mail server talks.
        with reading():
            try:
                return fresh or _alone(mail, now) if sure or still_ours(mail) else None
            finally:
                forget_transaction()


def _alone(mail: OutboxMail, now: datetime) -> Draft:
    try:
        return _draft(mail, now)
    except OperationalError:
        raise
    except Exception as error:
        # One mail that cannot be written must not hold up the others; once that is mended, it goes out.
        log.error("mail cannot be written", extra={"mail": mail.id, "template": mail.template, "why": where(error)})
        return Result(Outcome.RETRY, f"cannot be written: {type(error).__name__}")


def _draft(mail: OutboxMail, now: datetime) -> Draft:
    if mail.not_after and mail.not_after <= now:
        return Drop("too late")
    found = compose(mail, now)
    if isinstance(found, Drop | Wait):
        return found
    try:
        return Written(build(found, mail.rcpt, mail.message_id, now), found.noted, found.carries)
    except UnsafeMessage as error:
        return Result(Outcome.FAILED, f"unsafe header {error}")
