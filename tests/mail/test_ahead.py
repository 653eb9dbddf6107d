"""What is composed for a whole batch: nobody is told what was so a while ago, and one fault is one mail's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from meetups.extensions import db, in_haste
from meetups.mail import outbox
from meetups.mail.composers import composer
from meetups.mail.message import FinishedMail, Message
from meetups.mail.models import MailState, OutboxMail
from meetups.mail.transport import Outcome, Result
from meetups.reminders.services import plan
from tests.conftest import NOW
from tests.factories import add_meetup, add_member, add_rsvp, first_date
from tests.mail.outbox_rows import add, row
from tests.reminders.test_together import DAY_BEFORE

SECOND = timedelta(seconds=1)


@dataclass
class Server:
    """A transport that does something as it takes each mail, and may take its time."""

    meanwhile: Callable[[], object] = lambda: None
    takes: timedelta = timedelta()
    now: datetime = NOW
    subjects: list[str] = field(default_factory=list)

    def send(self, mail: FinishedMail, rcpt: str) -> Result:
        self.subjects.append(str(mail.read()["Subject"]))
        self.now += self.takes
        self.meanwhile()
        return Result(Outcome.SENT)

    def empty(self) -> None:
        while outbox.send_due(self, "tests", lambda: self.now, lambda: False):
            pass


@composer("tests_world")
def _world(mail: OutboxMail, _now: datetime) -> Message:
    return Message(str(db.session.get_one(OutboxMail, mail.data["about"]).outcome), "Hello\n", "<p>Hello</p>")


def tell_of(about: int, number: int, rcpt: str) -> None:
    data = {"about": about}
    outbox.enqueue("tests_world", rcpt, data, dedupe_key=f"tests_world:{number}", due=NOW, now=NOW)
    db.session.commit()


@pytest.fixture
def fact(app: Flask) -> OutboxMail:
    """A row that others tell of: how many mails have left since."""
    add(99, due=NOW + timedelta(days=9))
    return row(99)


def counting(fact_id: int, server: Server) -> None:
    db.session.get_one(OutboxMail, fact_id).outcome = str(len(server.subjects))
    db.session.commit()


@pytest.mark.parametrize("seconds", [2, 9])
def test_behind_a_slow_server_each_mail_says_how_it_is_when_it_leaves(fact: OutboxMail, seconds: int) -> None:
    server, about = Server(takes=seconds * SECOND), fact.id
    server.meanwhile = lambda: counting(about, server)
    counting(about, server)
    for number in range(8):
        tell_of(about, number, f"m{number}@example.org")
    server.empty()
    assert server.subjects == [str(number) for number in range(8)]


def test_a_second_mail_to_one_reader_knows_what_the_first_has_told(fact: OutboxMail) -> None:
    server, about = Server(), fact.id
    server.meanwhile = lambda: counting(about, server)
    counting(about, server)
    for number in range(7):
        tell_of(about, number, "ana@example.org")
    server.empty()
    assert server.subjects == [str(number) for number in range(7)]


def test_one_that_cannot_be_written_is_one_mails_fault(app: Flask) -> None:
    for number in range(1, 8):
        add(number, fault=number == 5, subject=str(number))
    server = Server()
    server.empty()
    assert sorted(server.subjects) == [str(number) for number in (1, 2, 3, 4, 6, 7)]
    assert row(5).state == MailState.PENDING and row(5).attempts == 1


def test_a_batch_of_reminders_asks_no_more_than_a_few_times(app: Flask) -> None:
    families = 31
    date = first_date(add_meetup(add_member("Hana", wants_host_list=False), starts=datetime(2026, 12, 1, 10, 0)))
    for number in range(families):
        add_rsvp(date, add_member(f"Ana {number}"))
    plan(NOW)
    db.session.commit()
    server, asked = Server(now=DAY_BEFORE), [0]

    def count(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked[0] += statement.startswith("SELECT")

    event.listen(db.engine, "before_cursor_execute", count)
    server.empty()
    event.remove(db.engine, "before_cursor_execute", count)
    assert len(server.subjects) == families
    # Whether each is still this worker's; beside that, of a batch as much as of one mail: five batches and a look.
    assert asked[0] - families < 45


def test_only_a_mark_is_made_in_haste(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL waits for the disk each time")

    def waits() -> int:
        found = db.session.connection().exec_driver_sql("PRAGMA synchronous").scalar()
        db.session.rollback()
        return int(found or 0)

    full, normal = 2, 1
    assert waits() == full
    with in_haste():
        assert waits() == normal
    assert waits() == full
