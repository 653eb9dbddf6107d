"""The mailbox page: development without a mail server shows what would have been sent."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template
from sqlalchemy import select

from meetups.extensions import db
from meetups.mail.models import MailboxMessage

bp = Blueprint("mail", __name__)
SHOWN = 50
# For a message in its frame: its own styles, no scripts, nothing from elsewhere. That is why it is a page of
# its own: a srcdoc would inherit the site's policy, which lets no style of a mail through.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)


@bp.app_context_processor
def _mailbox() -> dict[str, Any]:
    return {"mailbox": mailbox_open()}


def mailbox_open() -> bool:
    """Return whether this site shows a mailbox: only where no mail leaves it."""
    settings = current_app.config["SETTINGS"]
    return not settings.mail_url and not settings.production


@bp.get("/mailbox")
def mailbox() -> str:
    """The newest messages."""
    if not mailbox_open():
        abort(404)
    newest = db.session.scalars(select(MailboxMessage).order_by(MailboxMessage.id.desc()).limit(SHOWN))
    return render_template("mail/mailbox.html", messages=list(newest))


@bp.get("/mailbox/<int(max=2147483647):id>")
def message(id: int) -> str:
    """One message: text, html, calendar files."""
    row, mail = _message(id)
    files = [part.get_filename() for part in mail.iter_attachments()]
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    site = current_app.config["SETTINGS"].public_url
    return render_template("mail/message.html", row=row, files=files, headers=mail.items(), text=text, site=site)


@bp.get("/mailbox/<int(max=2147483647):id>/html")
def html(id: int) -> Response:
    """A message's html, for the frame on its page."""
    body = _message(id)[1].get_body(("html",))
    response = Response(_on_this_site(body.get_content() if body else ""), mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _on_this_site(markup: str) -> str:
    # Links leave the frame, and go to this very site by whatever name it was opened.
    site = current_app.config["SETTINGS"].public_url
    return markup.replace("<head>", '<head><base target="_top">', 1).replace(f'href="{site}/', 'href="/')


@bp.get("/mailbox/<int(max=2147483647):id>/<int(max=99):number>")
def attachment(id: int, number: int) -> Response:
    """One of a message's files, counted from 0."""
    parts = list(_message(id)[1].iter_attachments())
    if number >= len(parts):
        abort(404)
    part = parts[number]
    disposition = {"Content-Disposition": f'attachment; filename="{part.get_filename()}"'}
    return Response(part.get_payload(decode=True), mimetype=part.get_content_type(), headers=disposition)


def _message(id: int) -> tuple[MailboxMessage, EmailMessage]:
    row = db.session.get(MailboxMessage, id) if mailbox_open() else None
    if row is None:
        abort(404)
    return row, message_from_bytes(row.raw, policy=policy.default)
