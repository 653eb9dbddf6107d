"""The same mail as Python's own EmailMessage writes it, and what of a mail matters to who reads it."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import current_app

from meetups.mail.message import Message


def by_library(words: Message, rcpt: str, message_id: str, now: datetime) -> EmailMessage:
    """Return a message built by the library's own means."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = current_app.config["SETTINGS"].mail_from
    mail["To"] = rcpt
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    if words.unsubscribe:
        mail["List-Unsubscribe"] = f"<{words.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(words.text)
    mail.add_alternative(words.html, subtype="html")
    if words.invitation:
        params = {"charset": "utf-8", "method": words.invitation.method}
        mail.add_alternative(words.invitation.content, "text", "calendar", params=params)
        mail.add_attachment(words.invitation.content, "application", "ics", filename="invite.ics", params=params)
    for file in words.attachments:
        mail.add_attachment(file.content, "text", "calendar", filename=file.name, params={"charset": "utf-8"})
    return mail


def outline(mail: EmailMessage) -> list[Any]:
    """Return the headers as they are read, and each part: type, parameters, disposition, encoding, content."""
    assert not mail.defects
    head = {name.lower(): str(value) for name, value in mail.items() if name.lower() != "content-type"}
    return [head, *(_part(part) for part in mail.walk())]


def _part(part: EmailMessage) -> tuple[Any, ...]:
    assert not part.defects
    params = {name: value for name, value in part["Content-Type"].params.items() if name != "boundary"}
    if part.is_multipart():
        return part.get_content_type(), params
    said = part["Content-Disposition"]
    file = (said.content_disposition, dict(said.params)) if said else None
    content = part.get_payload(decode=True).replace(b"\r\n", b"\n")
    return part.get_content_type(), params, file, str(part["Content-Transfer-Encoding"]), content
