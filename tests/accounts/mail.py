"""What stands in the mail that a sign-in sends, read from the outbox as the worker would read it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from meetups.clock import utcnow
from meetups.extensions import db
from meetups.mail.composers import compose
from meetups.mail.message import Message
from meetups.mail.models import OutboxMail


@dataclass(frozen=True)
class CodeMail:
    """The newest code mail to one address."""

    message: Message
    code: str
    link: str


def mails_to(email: str) -> list[OutboxMail]:
    rows = select(OutboxMail).where(OutboxMail.rcpt == email, OutboxMail.template == "code").order_by(OutboxMail.id)
    return list(db.session.scalars(rows))


def code_mail(email: str) -> CodeMail:
    message = compose(mails_to(email)[-1], utcnow())
    assert isinstance(message, Message), message
    address = re.search(r"http://localhost(/signin/link/\S+)", message.text)
    assert address
    return CodeMail(message, message.text.split()[0], address[1])


def ask(client: FlaskClient, email: str, query: str = "") -> str:
    """Ask for a code and return the path of the page that takes it."""
    answer = client.post(f"/signin{query}", data={"email": email})
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.location).path


def sign_in(client: FlaskClient, email: str) -> TestResponse:
    """Sign an existing member in by the code of a mail."""
    answer = client.post(ask(client, email), data={"code": code_mail(email).code})
    assert answer.status_code == 302, answer.text
    return answer


def signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200
