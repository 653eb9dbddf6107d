"""Mail that comes back: counted by member, and the end of writing to an address that takes none."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from meetups.accounts.models import Bounce, Member
from meetups.accounts.queries import by_email
from meetups.domain.bounces import WITHIN, Bounced, counts, suspends
from meetups.extensions import db, remembered
from meetups.mail.composers import gate, reads_ahead
from meetups.mail.message import Wait, first_id
from meetups.mail.models import HAS_FAILED, OutboxMail

# She asks for them herself, and one that arrives shows that her address works again.
ALWAYS = ("code",)
# Soon after she has found that her address works: what helps only now would else be too late.
ASKED_AGAIN = timedelta(minutes=5)
# How far back refusals are looked for: the worker that sends looks too, a moment later.
LOOK_BACK = timedelta(days=2)
# What transport.py writes down. Without a number of RFC 3463 it is about the address, as far as anybody knows.
_REFUSED = re.compile(r"the mail server said (?:550|554)(?: (5\.[0-9]{1,3}\.[0-9]{1,3}))?")
UNSAID = "5.0.0"
_SUSPENDED = "suspended"


@gate
def held_back(mail: OutboxMail, now: datetime) -> Wait | None:
    """Keep what is written to a suspended address until it works again; what is too late by then is dropped."""
    if mail.template in ALWAYS:
        return None
    known = remembered(_SUSPENDED)
    suspended = known[mail.rcpt] if mail.rcpt in known else mail.rcpt in _suspended([mail.rcpt])
    return Wait(now + ASKED_AGAIN) if suspended else None


@reads_ahead()
def _read_suspended(mails: Sequence[OutboxMail]) -> None:
    found = _suspended([mail.rcpt for mail in mails])
    remembered(_SUSPENDED).update({mail.rcpt: mail.rcpt in found for mail in mails})


def _suspended(addresses: Sequence[str]) -> set[str]:
    query = select(Member.email).where(Member.email.in_(addresses), Member.mail_suspended_at.is_not(None))
    return set(db.session.scalars(query))


def came_back(message_id: str, status: str, now: datetime) -> bool:
    """Count a report that one of our mails could not be delivered; False where no such mail to a member is known."""
    mail = db.session.scalar(select(OutboxMail).where(OutboxMail.message_id == first_id(message_id)))
    return mail is not None and _count(mail, status, now, refused=False)


def count_refused(now: datetime) -> int:
    """Count what mail servers refused as it was sent and is not counted yet; return how many mails that were."""
    counted = select(Bounce.id).where(Bounce.message_id == OutboxMail.message_id, Bounce.refused)
    query = select(OutboxMail).where(
        HAS_FAILED,
        OutboxMail.finished_at > now - LOOK_BACK,
        OutboxMail.outcome.startswith("the mail server said 55"),
        ~counted.exists(),
    )
    found = 0
    for mail in db.session.scalars(query):
        said = _REFUSED.fullmatch(mail.outcome or "")
        found += bool(said and _count(mail, said[1] or UNSAID, mail.finished_at or now, refused=True))
    return found


def _count(mail: OutboxMail, status: str, at: datetime, *, refused: bool) -> bool:
    member = by_email(mail.rcpt)
    if member is None or not counts(status):
        return False
    # What was sent before one reached her says nothing of now.
    if member.mail_works_since and (mail.finished_at or at) < member.mail_works_since:
        return False
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = insert(Bounce).values(member_id=member.id, message_id=mail.message_id, refused=refused, status=status, at=at)
    added = db.session.execute(row.on_conflict_do_nothing().returning(Bounce.id)).first()
    if added and member.mail_suspended_at is None and suspends(_of(member), at):
        member.mail_suspended_at = at
    return True


def _of(member: Member) -> list[Bounced]:
    rows = db.session.scalars(select(Bounce).where(Bounce.member_id == member.id))
    return [Bounced(row.at, row.status, row.refused) for row in rows]


def works(member: Member, now: datetime) -> bool:
    """Note that a mail has reached a member; return whether her address was suspended until now."""
    suspended = member.mail_suspended_at is not None
    member.mail_suspended_at, member.mail_works_since = None, now
    db.session.execute(delete(Bounce).where(Bounce.member_id == member.id))
    return suspended


def forget_old(now: datetime) -> None:
    """Delete bounces that count no more."""
    db.session.execute(delete(Bounce).where(Bounce.at < now - WITHIN))
