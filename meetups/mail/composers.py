"""Who writes which mail. A composer re-reads the world: what was true when a mail was queued may not be now."""

from collections.abc import Callable
from datetime import datetime

from meetups.mail.message import Drop, Message, Wait
from meetups.mail.models import OutboxMail

Gate = Callable[[OutboxMail, datetime], Wait | None]
Composer = Callable[[OutboxMail, datetime], Message | Drop | Wait]
_COMPOSERS: dict[str, Composer] = {}
_GATES: list[Gate] = []


def gate(look: Gate) -> Gate:
    """Register what may hold a mail back, whoever writes it."""
    _GATES.append(look)
    return look


def composer(template: str) -> Callable[[Composer], Composer]:
    """Register the function that writes mails of one template."""

    def register(write: Composer) -> Composer:
        _COMPOSERS[template] = write
        return write

    return register


def compose(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Return the message of an outbox row, or why it is not owed any more, or not yet."""
    held = next((wait for look in _GATES if (wait := look(mail, now))), None)
    if held:
        return held
    write = _COMPOSERS.get(mail.template)
    return write(mail, now) if write else Drop(f"nobody writes {mail.template} any more")
