"""What must be true after every fault: one function that reads the database and what the mail server took."""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import func, select

from meetups.accounts.models import Member
from meetups.clock import utcnow
from meetups.events.models import Occurrence
from meetups.extensions import db, reading
from meetups.mail.models import MailState, OutboxMail
from meetups.rsvps.models import Rsvp
from tests.faults.world import Owed, World
from tests.mail.smtp import Taken

FACTS = ("youre_in", "promoted")
# Who stands in the park must still hear that nobody comes, or that it is elsewhere.
EVEN_LATE = ("changed", "cancelled", "changes")
NOW_IT_IS = "It is now:"
BROKEN = "BROKEN: "


@dataclass
class Verdict:
    """The figures of one fault, and whatever is not as it must be."""

    owed: int
    sent: int
    lost: int
    doubled: int
    broken: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return "held" if not self.broken else BROKEN + "; ".join(self.broken[:5])


def judge(
    world: World, taken: Sequence[Taken], kills: int = 0, refused: frozenset[Owed] = frozenset(), settled: bool = True
) -> Verdict:
    """Return the verdict. `kills` is how often a message was cut off from whoever sent it; `refused` are the mails
    that the server refused for good; `settled` says that all that was due has had its turn.

    It reads in the transaction that is open, and rolls that back.
    """
    with reading():
        rows = list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))
    times = Counter(mail.id for mail in taken)
    lost = missing(world, rows, times, refused)
    broken = [
        *_answers(rows),
        *_posted(rows, taken, world),
        *_content(rows, taken, world),
        *(f"lost: {' or '.join(map(str, sorted(one)))}" for one in lost if settled),
        *_counts(times, kills),
        *(_unsettled(rows) if settled else ()),
    ]
    db.session.rollback()
    doubled = sum(times.values()) - len(times)
    return Verdict(len(world.owed) + len(world.either), len(times), len(lost), doubled, broken)


def _owed(row: OutboxMail) -> Owed:
    return Owed(row.template, row.data.get("occurrence", 0), row.rcpt)


def missing(
    world: World, rows: Sequence[OutboxMail], taken: Container[str], refused: frozenset[Owed] = frozenset()
) -> set[frozenset[Owed]]:
    """Return what is owed and was not told, by a mail of its own or in one with another; `taken` are Message-IDs."""
    by_mail = {f"in one mail with {row.id}" for row in rows if row.message_id in taken}
    arrived = {_owed(row) for row in rows if row.message_id in taken or row.outcome in by_mail}
    return {frozenset([one]) for one in world.owed - arrived - refused} | {
        one for one in world.either if not one & arrived
    }


def _counts(times: Counter[str], kills: int) -> Iterator[str]:
    for message_id, count in times.items():
        if count > 1 + kills:
            yield f"{message_id} came {count} times"
    extra = sum(times.values()) - len(times)
    if extra > kills:
        yield f"{extra} doubles for {kills} kills"


def _unsettled(rows: Sequence[OutboxMail]) -> Iterator[str]:
    for row in rows:
        if row.state == MailState.SENDING:
            yield f"{row.template} is still being sent"
        if row.state == MailState.PENDING and row.next_try <= utcnow():
            yield f"{row.template} is due and was not sent"


def _answers(rows: Sequence[OutboxMail]) -> Iterator[str]:
    """Places, waiting lists, and that whoever has a place has the mail that says so."""
    going, held, waiting = (_counted(answer) for answer in ("going", "offered", "waiting"))
    for date in db.session.scalars(select(Occurrence)):
        places = going.get(date.id, 0) + held.get(date.id, 0)
        if date.taken != places:
            yield f"date {date.id}: taken is {date.taken}, and {places} have a place"
        if date.capacity is not None and places > date.capacity:
            yield f"date {date.id}: {places} in {date.capacity} places"
        free = date.capacity is None or places < date.capacity
        if waiting.get(date.id) and free and not date.cancelled_at and date.starts_at > utcnow():
            yield f"date {date.id}: somebody waits beside a free place"
    told = {_owed(row) for row in rows if row.template in FACTS}
    for rsvp, email in db.session.execute(select(Rsvp, Member.email).join(Rsvp.member).where(Rsvp.answer == "going")):
        if not told & {Owed(template, rsvp.occurrence_id, email) for template in FACTS}:
            yield f"a yes to date {rsvp.occurrence_id} without its mail"


def _counted(answer: str) -> dict[int, int]:
    query = select(Rsvp.occurrence_id, func.count(Rsvp.id)).where(Rsvp.answer == answer)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Rsvp.occurrence_id))}


def _posted(rows: Sequence[OutboxMail], taken: Sequence[Taken], world: World) -> Iterator[str]:
    """Every message is of one row, to its one recipient, and no two rows say the same."""
    by_id = {row.message_id: row for row in rows}
    for mail in taken:
        row = by_id.get(mail.id)
        if row is None:
            yield f"{mail.id} is of no row"
        elif mail.rcpts != [row.rcpt] or str(mail.mail["To"]) != row.rcpt:
            yield f"{mail.id} went to somebody else"
        elif row.rcpt in world.blocked:
            yield f"{row.template} to a member who is blocked"
        elif (row.template, row.rcpt) in world.unwanted:
            yield f"{row.template} to a member who has unsubscribed"
    said = Counter(_owed(by_id[one]) for one in {mail.id for mail in taken} if one in by_id)
    yield from (f"{one} under {count} ids" for one, count in said.items() if count > 1)


def _content(rows: Sequence[OutboxMail], taken: Sequence[Taken], world: World) -> Iterator[str]:
    """Nothing about what has begun; after a change nothing that sends anybody to the old place, or at the old time."""
    by_id = {row.message_id: row for row in rows}
    starts = {date.id: date.starts_at for date in db.session.scalars(select(Occurrence))}
    for mail in taken:
        row, written = by_id.get(mail.id), _written(mail)
        date = row.data.get("occurrence") if row else None
        if row is None or date not in starts:
            continue
        if row.template not in EVEN_LATE and starts[date] <= written:
            yield f"{row.template} about a date that had begun"
        if world.moved_at and written > world.moved_at:
            yield from (f"{row.template} {what}" for what in _stale(mail, world.moved.get(date, {})))


def _stale(mail: Taken, moved: dict[str, str]) -> Iterator[str]:
    # "It was: ..." may be said, before what it is now.
    now_it_is = _text(mail).rpartition(NOW_IT_IS)[2]
    for old, new in moved.items():
        if any(old in says for says in (now_it_is, *_calendars(mail))):
            yield f"says {old}, from before the change"
        if new not in now_it_is:
            yield f"does not say {new}"


def _text(mail: Taken) -> str:
    body = mail.mail.get_body(("plain",))
    return " ".join(str(body.get_content()).split()) if body else ""


def _calendars(mail: Taken) -> list[str]:
    return [str(part.get_content()) for part in mail.mail.walk() if part.get_content_type() == "text/calendar"]


def _written(mail: Taken) -> datetime:
    return parsedate_to_datetime(str(mail.mail["Date"]))
