"""The judge itself: a world in order passes, and each thing that may break is seen when it does."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import delete, select, update

from meetups.clock import utcnow
from meetups.columns import public_id
from meetups.events.models import Occurrence
from meetups.extensions import db
from meetups.mail.models import MailState, OutboxMail
from tests.faults.driving import settle
from tests.faults.invariants import judge
from tests.faults.sink import Sink
from tests.faults.world import NEW, OLD, World, fill
from tests.mail.smtp import Taken

pytestmark = [pytest.mark.real_clock, pytest.mark.usefixtures("app"), pytest.mark.one_database]
Mails = list[Taken]


def row(mail: Taken) -> OutboxMail:
    return db.session.scalars(select(OutboxMail).where(OutboxMail.message_id == mail.id)).one()


def the(template: str, taken: Mails) -> Taken:
    """Return a mail of one template that was taken."""
    return next(mail for mail in taken if row(mail).template == template)


def about_moved(world: World, taken: Mails, place: str) -> Taken:
    return next(mail for mail in taken if place in world.moved.get(row(mail).data.get("occurrence", 0), {}).values())


def rewrite(taken: Mails, mail: Taken, old: str, new: str) -> None:
    raw = mail.raw.replace(old.encode(), new.encode())
    assert raw != mail.raw
    taken[taken.index(mail)] = Taken(mail.rcpts, message_from_bytes(raw, policy=policy.default), raw)


def twice(_world: World, taken: Mails) -> None:
    taken.append(taken[0])


def thrice_for_two_kills(_world: World, taken: Mails) -> None:
    taken += taken[:1] * 2 + taken[1:2]


def lost(_world: World, taken: Mails) -> None:
    taken.remove(the("changed", taken))


def neither_of_two(world: World, taken: Mails) -> None:
    rcpts = {one.rcpt for pair in world.either for one in pair}
    taken[:] = [mail for mail in taken if mail.rcpts[0] not in rcpts]


def lost_with_another(_world: World, taken: Mails) -> None:
    told = db.session.scalars(select(OutboxMail.outcome).where(OutboxMail.outcome.like("in one mail with %")))
    number = int(str(told.first()).split()[-1])
    taken[:] = [mail for mail in taken if row(mail).id != number]


def old_place(world: World, taken: Mails) -> None:
    rewrite(taken, about_moved(world, taken, NEW), NEW, OLD)


def old_time(world: World, taken: Mails) -> None:
    ((old, new),) = next(moved for moved in world.moved.values() if NEW not in moved.values()).items()
    rewrite(taken, about_moved(world, taken, new), new, old)


def silent_change(world: World, taken: Mails) -> None:
    rewrite(taken, about_moved(world, taken, NEW), NEW, "a park")


def begun(_world: World, taken: Mails) -> None:
    date = row(the("promoted", taken)).data["occurrence"]
    over = utcnow() - timedelta(hours=1)
    db.session.execute(update(Occurrence).where(Occurrence.id == date).values(starts_at=over))


def to_the_blocked(world: World, taken: Mails) -> None:
    world.blocked.add(the("promoted", taken).rcpts[0])


def to_the_unsubscribed(world: World, taken: Mails) -> None:
    world.unwanted.add(("day_before", the("day_before", taken).rcpts[0]))


def to_two(_world: World, taken: Mails) -> None:
    taken[0].rcpts.append("eve@example.org")


def to_another(_world: World, taken: Mails) -> None:
    rewrite(taken, taken[0], f"To: {taken[0].rcpts[0]}", "To: eve@example.org")


def of_nobody(_world: World, taken: Mails) -> None:
    rewrite(taken, taken[0], taken[0].id, "<another@example.org>")


def under_two_ids(_world: World, taken: Mails) -> None:
    mail, other = taken[0], f"<{public_id()}@localhost>"
    own = row(mail)
    columns = {column.key: getattr(own, column.key) for column in OutboxMail.__mapper__.columns if column.key != "id"}
    db.session.add(OutboxMail(**columns | {"message_id": other, "dedupe_key": "again"}))
    db.session.flush()
    taken.append(mail)
    rewrite(taken, mail, mail.id, other)


def over_full(_world: World, _taken: Mails) -> None:
    db.session.execute(update(Occurrence).where(Occurrence.taken > 1).values(capacity=1))


def miscounted(_world: World, _taken: Mails) -> None:
    db.session.execute(update(Occurrence).values(taken=Occurrence.taken + 1))


def a_place_stays_free(_world: World, _taken: Mails) -> None:
    db.session.execute(update(Occurrence).where(Occurrence.capacity.is_not(None)).values(capacity=9))


def a_yes_without_facts(_world: World, _taken: Mails) -> None:
    db.session.execute(delete(OutboxMail).where(OutboxMail.template == "promoted"))


def in_hand_for_ever(_world: World, taken: Mails) -> None:
    row(taken[0]).state = MailState.SENDING
    db.session.flush()


def forgotten(_world: World, taken: Mails) -> None:
    mail = row(taken[0])
    mail.state, mail.next_try = MailState.PENDING, utcnow() - timedelta(minutes=1)
    db.session.flush()


BREAKS = {
    twice: "came 2 times",
    thrice_for_two_kills: "3 doubles for 2 kills",
    lost: "lost: Owed(template='changed'",
    neither_of_two: " or Owed(",
    lost_with_another: "lost: Owed(template='day_before'",
    old_place: f"says {OLD}, from before the change",
    old_time: ", from before the change",
    silent_change: f"does not say {NEW}",
    begun: "had begun",
    to_the_blocked: "blocked",
    to_the_unsubscribed: "unsubscribed",
    to_two: "went to somebody else",
    to_another: "went to somebody else",
    of_nobody: "is of no row",
    under_two_ids: "under 2 ids",
    over_full: "in 1 places",
    miscounted: "taken is",
    a_place_stays_free: "waits beside a free place",
    a_yes_without_facts: "without its mail",
    in_hand_for_ever: "still being sent",
    forgotten: "is due and was not sent",
}


def seen(breaks: Callable[[World, Mails], None], world: World, taken: Mails) -> list[str]:
    """Break one thing, and return what the judge says of it; it rolls back what was broken in the database."""
    world, taken = deepcopy(world), [Taken(list(mail.rcpts), mail.mail, mail.raw) for mail in taken]
    breaks(world, taken)
    return judge(world, taken, kills=2 if breaks is thrice_for_two_kills else 0).broken


def test_what_breaks_is_seen_and_what_does_not_is_held(post: Sink) -> None:
    world = fill(1)
    settle(post.transport())
    verdict = judge(world, post.taken)
    assert (verdict.broken, verdict.lost, verdict.doubled) == ([], 0, 0) and verdict.owed <= verdict.sent + 2
    said = {breaks.__name__: seen(breaks, world, post.taken) for breaks in BREAKS}
    missed = {
        one.__name__: said[one.__name__]
        for one in BREAKS
        if not any(BREAKS[one] in line for line in said[one.__name__])
    }
    assert not missed
    assert judge(world, post.taken).broken == [], "nothing of it is left"
