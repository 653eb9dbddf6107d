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


@bp.get("/mailbox/<int:row_id>")
def message(row_id: int) -> str:
    """One message: text, html, calendar files."""
    row, mail = _message(row_id)
    files = [part.get_filename() for part in mail.iter_attachments()]
    text = mail.get_body(("plain",))
    words = text.get_content() if text else ""
    return render_template("mail/message.html", row=row, files=files, headers=mail.items(), text=words)


@bp.get("/mailbox/<int:row_id>/html")
def html(row_id: int) -> Response:
    """A message's html for the frame on its page: its own styles, no scripts, nothing from elsewhere."""
    body = _message(row_id)[1].get_body(("html",))
    response = Response(body.get_content() if body else "", mimetype="text/html")
    policy_ = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
    response.headers["Content-Security-Policy"] = policy_
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@bp.get("/mailbox/<int:row_id>/<int:number>")
def attachment(row_id: int, number: int) -> Response:
    """One of a message's files."""
    _, mail = _message(row_id)
    parts = list(mail.iter_attachments())
    if number >= len(parts):
        abort(404)
    content = parts[number].get_content()
    disposition = {"Content-Disposition": f"attachment; filename={parts[number].get_filename()}"}
    return Response(content, mimetype=parts[number].get_content_type(), headers=disposition)


def _message(row_id: int) -> tuple[MailboxMessage, EmailMessage]:
    row = db.session.get(MailboxMessage, row_id) if mailbox_open() else None
    if row is None:
        abort(404)
    return row, message_from_bytes(row.raw, policy=policy.default)  # type: ignore[return-value]
