"""The mail with the code."""

from datetime import datetime

from meetups.accounts.sign_in import by_id, code_for, link_token_for, usable
from meetups.mail.composers import composer
from meetups.mail.message import Drop, Message, render
from meetups.mail.models import OutboxMail
from meetups.web.links import public_url


@composer("code")
def code(mail: OutboxMail, now: datetime) -> Message | Drop:
    """Compose the code and link of a sign-in that can still be used."""
    row = by_id(str(mail.data["sign_in"]))
    if row is None or not usable(row, now):
        return Drop("used or over")
    link = public_url("accounts.link", token=link_token_for(row.public_id))
    return Message(*render("code", code=code_for(row.public_id), link=link, held=row.held))
