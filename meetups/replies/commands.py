"""`flask receive-mail`: replies to invitations, from a mail server's pipe or over LMTP and SMTP."""

import sys
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.replies.listener import serve
from meetups.replies.reading import MOST_BYTES
from meetups.replies.receiving import receive
from meetups.replies.services import Outcome

# sysexits.h, as the pipes of mail servers understand it.
EXITS = {
    Outcome.TAKEN: 0,
    Outcome.IGNORED: 0,
    Outcome.BAD: 65,
    Outcome.UNKNOWN: 67,
    Outcome.REFUSED: 77,
    Outcome.AWAY: 75,
}


@click.command("receive-mail")
@click.option("--rcpt", help="Whom the envelope names; without it, the headers are asked.")
@click.option("--sender", help='Whom the envelope names as the sender; "" is a bounce.')
@click.option("--listen", metavar="HOST:PORT", help="Listen for mail instead of reading one from standard input.")
@click.option("--lmtp", is_flag=True, help="Listen for LMTP, not SMTP.")
@with_appcontext
def receive_mail(rcpt: str | None, sender: str | None, listen: str | None, lmtp: bool) -> None:
    """Take a reply to an invitation from standard input; the exit code says what became of it."""
    if not current_app.config["SETTINGS"].reply_to:
        click.echo("REPLY_TO is needed: the mailbox whose plus-addresses come here", err=True)
        _leave(Outcome.AWAY)
    if not listen:
        # One byte more says that it is too large; the rest of it is not read.
        _leave(receive(sys.stdin.buffer.read(MOST_BYTES + 1), utcnow(), rcpt, sender))
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        raise click.BadParameter("it should be like 127.0.0.1:8024", param_hint="--listen")
    serve(current_app._get_current_object(), host.strip("[]"), int(port), lmtp=lmtp, clock=utcnow)  # type: ignore[attr-defined]


def _leave(outcome: Outcome) -> NoReturn:
    sys.exit(EXITS[outcome])
