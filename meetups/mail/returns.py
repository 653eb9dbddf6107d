"""The sender on a mail's envelope, to which mail servers report that it could not be delivered.

"rsvp+returned-mzxw6ytboi...@park.example" (`plus`), signed for one mail. A report is believed by this address. A
Message-ID proves nothing: every reply to a mail and every forward of it quotes that, and three forged reports would
silence whom they are about.
"""

from meetups.config import Settings
from meetups.mail import plus

WHAT = "returned"


def sender(settings: Settings, message_id: str) -> str | None:
    """Return the envelope's sender of a mail; None where no mailbox takes reports, and the From address will do."""
    if not settings.reply_to:
        return None
    return plus.address(settings.reply_to, WHAT, settings.secret_key, _words(message_id))


def find(text: str, settings: Settings) -> str | None:
    """Return the signature in the first such address of a text (an address or a header); None without one."""
    found = plus.find(text, settings.reply_to, WHAT) if settings.reply_to else None
    return found[1] if found else None


def signs(signature: str, message_id: str, settings: Settings) -> bool:
    """Return whether we have sent the mail of that Message-ID from the address with that signature."""
    return plus.signs(signature, settings.secret_key, _words(message_id))


def _words(message_id: str) -> str:
    return f"returned:{message_id}"
