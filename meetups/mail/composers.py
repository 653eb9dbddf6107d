"""Who writes which mail. A composer re-reads the world: what was true when a mail was queued may not be now.

Where thousands are due at once, a query for each fact of each takes longer than sending them. Whoever writes mails that
come in masses may read what several of them need in a few queries, before they are composed (`reads_ahead`), and keep
it for that transaction (extensions.remembered); composers ask that first.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from meetups.mail.message import Drop, Message, Wait
from meetups.mail.models import OutboxMail

Gate = Callable[[OutboxMail, datetime], Wait | None]
Composer = Callable[[OutboxMail, datetime], Message | Drop | Wait]
_COMPOSERS: dict[str, Composer] = {}
_GATES: list[Gate] = []
ReadAhead = Callable[[Sequence[OutboxMail]], None]
_READ_AHEAD: list[tuple[ReadAhead, tuple[str, ...]]] = []


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


def reads_ahead(*templates: str) -> Callable[[ReadAhead], ReadAhead]:
    """Register what reads at once what several mails of some templates need; of all, where none is named."""

    def register(read: ReadAhead) -> ReadAhead:
        _READ_AHEAD.append((read, templates))
        return read

    return register


def read_ahead(mails: Sequence[OutboxMail]) -> None:
    """Read what these mails need, for as long as the transaction lasts in which they are composed."""
    for read, templates in _READ_AHEAD:
        chosen = [mail for mail in mails if not templates or mail.template in templates]
        if len(chosen) > 1:
            read(chosen)


def compose(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Return the message of an outbox row, or why it is not owed any more, or not yet."""
    held = next((wait for look in _GATES if (wait := look(mail, now))), None)
    if held:
        return held
    write = _COMPOSERS.get(mail.template)
    return write(mail, now) if write else Drop(f"nobody writes {mail.template} any more")
