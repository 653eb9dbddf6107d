"""The one mail that a wish gets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from meetups.accounts import choices
from meetups.accounts.models import Member
from meetups.domain.ages import STARTS
from meetups.domain.nearness import FARTHEST_WALK, Point, walk_from
from meetups.domain.wishes import whom_words
from meetups.domain.words import clock_words, date_words, number_words
from meetups.events.hosts import remember_cohosted
from meetups.events.models import Kind, Occurrence
from meetups.events.shown import Shown, show
from meetups.extensions import db
from meetups.granting import queries
from meetups.mail.composers import composer, reads_ahead
from meetups.mail.message import Drop, Message, Wait, render
from meetups.mail.models import OutboxMail
from meetups.places.models import Place
from meetups.rsvps.telling import unsettled
from meetups.web.links import public_url
from meetups.wishes.models import Wish
from meetups.wishes.services import told

NAMED = 3
OVER, NOT_SO = Drop("waits no more"), Drop("no longer so")
A_KIND = {
    Kind.WALK: "A walk",
    Kind.PARK: "A park hangout",
    Kind.COFFEE: "A coffee",
    Kind.PLAYGROUND: "A playground meetup",
    Kind.OTHER: "A get-together",
}


@reads_ahead(queries.TEMPLATE)
def _read_ahead(mails: Sequence[OutboxMail]) -> None:
    found = queries.read_ahead({str(mail.data["wish"]) for mail in mails})
    remember_cohosted({wish.member_id for wish in found})


@composer(queries.TEMPLATE)
def granted(mail: OutboxMail, now: datetime) -> Message | Drop | Wait:
    """Compose for a member that something starts where she waits, and what else has begun there meanwhile.

    Where there is nothing to tell by now, she goes on waiting.
    """
    wish = queries.whose(mail, now)
    if wish is None or not choices.wants(wish.member, "wishes"):
        return OVER
    rows = queries.in_line(mail, wish, now)
    if rows[0].id != mail.id:
        # The oldest tells for all; where there is nothing to tell of its meetup, the next one does.
        return Wait(max(rows[0].next_try, now))
    dates = {row.id: date for row in rows if (date := queries.told_of(wish, str(row.data["meetup"]), now))}
    if mail.id not in dates:
        # What is off or elsewhere may be as it was, for as long as that can be undone.
        back = queries.taken_back_until(str(mail.data["meetup"]), now)
        return Wait(back) if back else NOT_SO
    date = dates[mail.id]
    until = unsettled(date) or choices.waits(wish.member, "wishes", now, date.meetup.zone, date.starts_at)
    if until:
        return Wait(until)
    settled = {row_id: other for row_id, other in dates.items() if not unsettled(other)}
    return _message(wish, settled, mail.id, now)


def _message(wish: Wish, dates: dict[int, Occurrence], own: int, now: datetime) -> Message:
    named = sorted(dates.values(), key=lambda date: (date.starts_at, date.id))[:NAMED]
    shown = [_show(wish, wish.member, date, now) for date in named]
    first, several = named[0], len(dates) > 1
    many = number_words(len(dates)).capitalize()
    unsubscribe = choices.unsubscribe_url(wish.member, "wishes")
    words = render(
        "wish",
        what=f"{many} meetups start" if several else f"{A_KIND[Kind(first.kind)]} starts",
        when=f"{date_words(first.day)}, {clock_words(shown[0].local)}",
        several=several,
        lines=shown,
        more=len(dates) - len(shown),
        where=wish.name,
        whom=whom_words(wish.ages, [kid.month for kid in wish.kids], first.day),
        link=_nearby(wish, first.place)
        if several
        else public_url("pages.date", public_id=shown[0].meetup_id, rid=shown[0].rid),
        unsubscribe=unsubscribe,
    )
    others = tuple(row_id for row_id in dates if row_id != own)
    meetups = {date.meetup.public_id: date.meetup.host.public_id for date in dates.values()}
    return Message(*words, unsubscribe=unsubscribe, carries=others, noted=partial(_note, wish.id, meetups))


def _show(wish: Wish, member: Member, date: Occurrence, now: datetime) -> Shown:
    # From where she said that she waits, which need not be her home.
    return show(date, member, now, minutes=walk_from(wish.cell, Point(date.place.lat, date.place.lon)))


def _to(shown: Shown) -> str:
    return public_url("pages.date", public_id=shown.meetup_id, rid=shown.rid)


def _nearby(wish: Wish, place: Place) -> str:
    # Around the first of them: mails are sent on, and where she waits may be where she lives. With a circle around
    # there that holds hers.
    age = next((months for band, months in STARTS.items() if int(band) == wish.ages), None)
    within = min(2 * wish.within, FARTHEST_WALK)
    return public_url("pages.browse", near=f"{place.lat:.3f},{place.lon:.3f}", within=within, age=age)


def _note(wish_id: int, meetups: Mapping[str, str], now: datetime) -> None:
    # She may be ending it this instant.
    wish = db.session.get(Wish, wish_id, with_for_update=True)
    if wish:
        told(wish, meetups, now)
