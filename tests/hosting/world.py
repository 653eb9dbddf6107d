"""A weekly walk with a past: Hana hosts, Ana comes always, Bea sometimes; and what the worker does for it."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from meetups.extensions import db
from meetups.hosting.services import see_who_welcomes
from meetups.mail import outbox
from meetups.mail.message import FinishedMail
from meetups.mail.transport import Outcome, Result
from meetups.reminders.services import plan
from meetups.rsvps.changes import handle_changes
from meetups.rsvps.services import settle_blocks
from tests.conftest import NOW
from tests.factories import TUESDAY, add_meetup, add_member, add_occurrence, add_rsvp, first_date

WEEK, HOUR, MINUTE = timedelta(weeks=1), timedelta(hours=1), timedelta(minutes=1)
RULE = "FREQ=WEEKLY;BYDAY=TU"


class World:
    """The walk of next Tuesday at 10:00 in Toronto, with three that have been."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.host = add_member("Hana", email="hana@example.org")
        self.ana = add_member("Ana", email="ana@example.org")
        self.bea = add_member("Bea", email="bea@example.org")
        self.meetup = add_meetup(
            self.host,
            title="Slow walk",
            starts=TUESDAY - 4 * WEEK,
            dates=[TUESDAY],
            rule=RULE,
            created_at=NOW - 5 * WEEK,
        )
        self.date = first_date(self.meetup)
        for weeks in (2, 3, 4):
            past = add_occurrence(self.meetup, TUESDAY - weeks * WEEK)
            add_rsvp(past, self.ana)
            if weeks == 2:
                add_rsvp(past, self.bea)
        add_rsvp(self.date, self.ana)
        add_rsvp(self.date, self.bea)
        db.session.commit()
        self.start = self.date.starts_at
        self.evening = self.start - 15 * HOUR
        self.baton_at, self.told_at = self.evening + 90 * MINUTE, self.start - 2 * HOUR

    def send(self, finished: FinishedMail, rcpt: str) -> Result:
        mail = finished.read()
        assert mail["To"] == rcpt
        self.mails.append(mail)
        return Result(Outcome.SENT)

    def round(self, at: datetime) -> list[tuple[str, str]]:
        """Do what a worker does for hosting at one moment; return who got a mail of which subject."""
        before = len(self.mails)
        for step in (settle_blocks, see_who_welcomes, handle_changes, plan):
            step(at)
            db.session.commit()
        outbox.send_due(self, "tests", lambda: at, lambda: False)
        return [(str(mail["To"]).split("@")[0], str(mail["Subject"])) for mail in self.mails[before:]]

    def rounds(self, since: datetime, until: datetime) -> list[tuple[str, str]]:
        """Do a round every quarter of an hour in [since, until)."""
        found: list[tuple[str, str]] = []
        while since < until:
            found += self.round(since)
            since += 15 * MINUTE
        return found

    def text(self, kind: str = "plain") -> str:
        """The text of the last mail."""
        body = self.mails[-1].get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    def link(self) -> str:
        """The path of the one link of the last mail that does something, the same in text and HTML."""
        (found,) = set(re.findall(r"http://localhost/host/[\w.-]+", self.text() + self.text("html")))
        assert len(found) < 200
        return urlsplit(found).path


def tap(client: FlaskClient, link: str, **typed: str) -> str:
    """Press the button of a link's page and return what the page says then."""
    answer = client.post(link, data=typed)
    assert answer.status_code == 200
    return str(answer.text)
