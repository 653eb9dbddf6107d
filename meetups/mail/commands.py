"""The command that says whether mail leaves, and what to mend where it does not."""

import smtplib
import socket
import ssl

import click
from flask import current_app
from flask.cli import with_appcontext

from meetups.clock import utcnow
from meetups.columns import public_id
from meetups.config import Settings
from meetups.extensions import db
from meetups.mail.message import Message, build, render
from meetups.mail.transport import SmtpTransport, code_of, from_settings

# What was seen, what it means and what to do; the first that fits is said.
_NETWORK = (
    (socket.gaierror, "There is no machine called {host}. Is the name in MAIL_URL spelt right?"),
    (
        ConnectionRefusedError,
        "{host} refuses connections on port {port}. Is the port right (587 with ?tls=1, 465 with smtps://), and does "
        "the mail server run?",
    ),
    (
        ssl.SSLCertVerificationError,
        "{host} shows a certificate that nobody we trust vouches for: {reason}. Use the name that is in its "
        "certificate in MAIL_URL, or give it a good one.",
    ),
    (
        ssl.SSLError,
        "{host} does not speak TLS on port {port} as MAIL_URL says. smtps:// is for port 465; for port 587 write "
        "smtp://…?tls=1.",
    ),
    (
        smtplib.SMTPNotSupportedError,
        "{host} on port {port} does not offer what MAIL_URL asks for: TLS (?tls=1) or a login. Does MAIL_URL name the "
        "port for sending, usually 587?",
    ),
    (
        TimeoutError,
        "{host} does not answer on port {port}. Does a firewall stand between? Many providers close port 25; ask for "
        "587.",
    ),
    (
        smtplib.SMTPServerDisconnected,
        "{host} hung up in the middle, or took too long. Is port {port} one for plain connections? smtps:// is for "
        "port 465.",
    ),
    (OSError, "{host} cannot be reached on port {port} ({name}). Is this machine's network up?"),
)
_REFUSALS = (
    (
        smtplib.SMTPAuthenticationError,
        "{host} does not take the name or the password ({code}). Mind that @, : and / in them must be written as "
        "%40, %3A and %2F in MAIL_URL.",
    ),
    (smtplib.SMTPConnectError, "{host} answers, and wants no mail from this machine ({code})."),
    (
        smtplib.SMTPHeloError,
        "{host} does not take the name of this machine ({code}). Give the machine a full host name.",
    ),
    (
        smtplib.SMTPSenderRefused,
        "{host} does not take mail from the address in MAIL_FROM ({code}). Is it one that this login may use? "
        "530 means that a login is wanted in MAIL_URL.",
    ),
    (
        smtplib.SMTPRecipientsRefused,
        "{host} does not take mail for that address ({code}). 550 means that it is unknown or that the server does "
        "not relay for us; 450 and 451, that it wants to be asked again in some minutes.",
    ),
    (smtplib.SMTPDataError, "{host} has read the mail and does not want it ({code}). Its own log says why."),
)


@click.command("send-test-mail")
@click.argument("address")
@with_appcontext
def send_test_mail(address: str) -> None:
    """Send one mail to ADDRESS as the site would, and say what went wrong and how to mend it."""
    settings: Settings = current_app.config["SETTINGS"]
    transport = from_settings(settings)
    now = utcnow()
    mail = build(
        Message(*render("test", home=f"{settings.public_url}/")), address, f"<{public_id()}@{settings.host}>", now
    )
    if not isinstance(transport, SmtpTransport):
        transport.send(mail, address)
        db.session.commit()
        click.echo(f"MAIL_URL is not set: the mail lies in {settings.public_url}/mailbox and has gone nowhere.")
        return
    try:
        transport.hand_over(mail, address)
    except (OSError, smtplib.SMTPException) as error:
        raise click.ClickException(said(error, transport)) from None
    finally:
        transport.close()
    click.echo(
        f"{transport.url.hostname} has taken the mail. If it does not arrive, look into the folder for junk, and "
        "whether the domain of MAIL_FROM has SPF and DKIM."
    )


def said(error: Exception, transport: SmtpTransport) -> str:
    """Return in plain words why a mail server was not reached or did not take a mail, and what to do about it."""
    facts = {
        "host": transport.url.hostname or "localhost",
        "port": transport.port,
        "code": code_of(error),
        "name": type(error).__name__,
        "reason": getattr(error, "verify_message", ""),
    }
    for kind, words in (*_REFUSALS, *_NETWORK):
        if isinstance(error, kind):
            return words.format(**facts)
    return f"{facts['host']} and we do not understand each other ({facts['name']}, {facts['code'] or 'no code'})."
