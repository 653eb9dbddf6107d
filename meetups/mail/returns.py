"""The sender on a mail's envelope, to which mail servers report that it could not be delivered.

"rsvp+returned-mzxw6ytboi...@park.example": signed for one mail, lower case alone, at most 64 characters before the @
(RFC 5321 section 4.5.3.1.1). A report is believed by this address. A Message-ID proves nothing: every reply to a mail
and every forward of it quotes that, and three forged reports would silence whom they are about.
"""

import hashlib
import hmac
import re
from base64 import b32encode

from meetups.config import Settings

_SIGNATURE_BYTES = 16


def sender(settings: Settings, message_id: str) -> str | None:
    """Return the envelope's sender of a mail; None where no mailbox takes reports, and the From address will do."""
    local, _, domain = (settings.reply_to or "").partition("@")
    return f"{local}+returned-{_signature(settings, message_id)}@{domain}" if domain else None


def find(text: str, settings: Settings) -> str | None:
    """Return the signature in the first such address of a text (an address or a header); None without one."""
    local, _, domain = (settings.reply_to or "").partition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}\+returned-([a-z2-7]{{26}})@{re.escape(domain)}(?![\w.-])"
    found = re.search(pattern, text, re.IGNORECASE | re.ASCII) if domain else None
    return found[1].lower() if found else None


def signs(signature: str, message_id: str, settings: Settings) -> bool:
    """Return whether we have sent the mail of that Message-ID from the address with that signature."""
    return hmac.compare_digest(signature, _signature(settings, message_id))


def _signature(settings: Settings, message_id: str) -> str:
    words = f"returned:{message_id}".encode()
    digest = hmac.new(settings.secret_key.encode(), words, hashlib.sha256).digest()
    return b32encode(digest[:_SIGNATURE_BYTES]).decode().rstrip("=").lower()
