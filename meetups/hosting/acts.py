"""What a link in a host's mail does: its page in words, and the one button's work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meetups.accounts import queries as accounts
from meetups.accounts.models import Member
from meetups.domain.words import when_words
from meetups.domain.zones import to_local
from meetups.events import queries as events
from meetups.events.hosts import acts_as_host
from meetups.events.models import Meetup, Occurrence, rid
from meetups.events.shown import rain_words_of
from meetups.hosting import helpers, queries, rain, resting, services, states
from meetups.web.links import path


@dataclass(frozen=True, slots=True)
class Page:
    """A page with one button; without `button` all is said and done. `spot` is what a field for it holds at first,
    `ways` are what she may want next: words and a path."""

    title: str
    lead: str
    words: str
    button: str | None
    back: str
    spot: str | None = None
    ways: tuple[tuple[str, str], ...] = ()


Show = Callable[[str, Member, datetime], Page | None]
Do = Callable[[str, Member, str | None, datetime], None]


@dataclass(frozen=True, slots=True)
class Act:
    """`page` returns None where the link is dead; `do` takes what she typed, and raises Problem. What cannot be taken
    back is `for_herself`: she must have signed in, for a scanner of mails may press a button."""

    page: Show
    do: Do
    for_herself: bool = False


def _date(uid: str, now: datetime) -> Occurrence | None:
    row = queries.date(uid)
    return row if row and states.is_open(row, now) else None


def _to_date(do: Callable[[Occurrence, Member, datetime], object]) -> Do:
    """Return what does something to the date of a link, where that still is open."""

    def act(uid: str, member: Member, _spot: str | None, now: datetime) -> None:
        row = _date(uid, now)
        if row:
            do(row, member, now)

    return act


def _to_find(do: Callable[[Occurrence, Member, str | None, datetime], None]) -> Do:
    """Return what makes her the one to find on the date of a link, by what she typed where that is her own."""

    def act(uid: str, member: Member, spot: str | None, now: datetime) -> None:
        row = _date(uid, now)
        if row:
            do(row, member, spot if spot != row.host_spot else None, now)

    return act


def _to_series(do: Callable[[Meetup, Member, datetime], object]) -> Do:
    """Return what does something to the series of a link, where she still sees it."""

    def act(public_id: str, member: Member, _spot: str | None, now: datetime) -> None:
        meetup = events.meetup(public_id, member)
        if meetup:
            do(meetup, member, now)

    return act


def _about(row: Occurrence) -> dict[str, Any]:
    when = when_words(to_local(row.starts_at, row.meetup.zone))
    back = path("pages.date", public_id=row.meetup.public_id, rid=rid(row.recurrence_id))
    return {"lead": f"{row.title}, {when}, {row.place.name}", "back": back}


def _still_on(uid: str, member: Member, now: datetime) -> Page | None:
    row = _date(uid, now)
    if row is None or not acts_as_host(row.meetup, member):
        return None
    hers = row.meetup.host_id == member.id
    if states.said_yes(row) and row.who is None:
        who = "you" if hers else row.meetup.host.first_name
        words = f"Thank you. Those who come know that {who} will be there."
        return Page("It is on", words=words, button=None, ways=_ways(row, member, now), **_about(row))
    if not hers:
        return _cohost_comes(row, member)
    words = "One tap, and those who come know that you will be there."
    if row.held_by:
        words = f"{row.held_by.first_name} stands in for you. One tap, and you host as always."
    return Page("Still on?", words=words, button="Yes, still on", **_about(row))


def _ways(row: Occurrence, host: Member, now: datetime) -> tuple[tuple[str, str], ...]:
    # To pages that know her by her sign-in: this link is for one thing, whoever has got it.
    date = {"public_id": row.meetup.public_id, "rid": rid(row.recurrence_id)}
    off = path("edits.cancel_date", **date) if row.meetup.rule else path("edits.cancel", public_id=date["public_id"])
    wet = [("Rain plan", path("pages.date", **date))] if rain.may_say(row, host, now) else []
    return (("Who comes", path("pages.date", **date) + "#coming"), *wet, ("I can’t host this one", off))


def _cohost_comes(row: Occurrence, member: Member) -> Page:
    # She cannot promise that the host comes.
    if row.held_by_id == member.id:
        return _is_found(row)
    words = f"One tap, and those who come know that you are the one to find. {row.meetup.host.first_name} knows, too."
    return Page("Still on?", words=words, button="Yes, I’ll be there", spot=row.host_spot, **_about(row))


def _is_found(row: Occurrence) -> Page:
    read = f" They read: “{row.spot}”." if row.spot else ""
    words = f"Thank you: you are the one to find.{read} {row.meetup.host.first_name} knows."
    return Page("You are the one to find", words=words, button="Change it", spot=row.spot, **_about(row))


def _baton(uid: str, member: Member, now: datetime) -> Page | None:
    row = _date(uid, now)
    if row is None or not states.may_take(row, member, now):
        return None
    if row.held_by_id:
        return _is_found(row)
    host = row.meetup.host.first_name
    words = (
        f"{host} has not said whether she comes. There is nothing to prepare, and if she comes after all, she hosts."
    )
    return Page(
        "Would you be the one to find?", words=words, button="Yes, I’ll be the one", spot=row.spot, **_about(row)
    )


def _rain(uid: str, member: Member, now: datetime) -> Page | None:
    row = _date(uid, now)
    if row is None or not rain.may_say(row, member, now):
        return None
    plan = rain_words_of(row)
    if row.raining:
        words = f"Everybody who comes is told at once: {plan}."
        return Page("The rain plan holds", words=words, button=None, **_about(row))
    return Page("Rain plan today?", words=f"In the rain, {plan}.", button="Rain plan today", **_about(row))


def _dry(uid: str, member: Member, now: datetime) -> Page | None:
    row = _date(uid, now)
    if row is None or not rain.may_take_back(row, member, now):
        return None
    if not row.raining:
        words = f"The rain plan is off. You meet at {row.place.name}."
        return Page("As planned", words=words, button=None, **_about(row))
    words = "All is as it was before."
    if rain.gone_elsewhere(row):
        words = f"You have changed the place since: it stays {row.place.name}."
    return Page("Take the rain plan back?", words=words, button="Take it back", **_about(row))


def _of_series(meetup: Meetup) -> dict[str, Any]:
    return {"lead": meetup.title, "back": path("pages.meetup", public_id=meetup.public_id)}


def _cohost(public_id: str, member: Member, _now: datetime) -> Page | None:
    meetup = events.meetup(public_id, member)
    row = queries.cohost(meetup, member) if meetup else None
    if meetup is None or row is None:
        return None
    host = meetup.host.first_name
    if row.accepted_at:
        words = f"Thank you. You can change and cancel its dates as {host} can, and stop whenever you like."
        return Page("You host with her", words=words, button=None, **_of_series(meetup))
    words = f"{host} asks whether you host with her: change a date, say that it is on. You can stop whenever you like."
    return Page("Would you host with her?", words=words, button="Yes, I’ll help", **_of_series(meetup))


def _hand_over(public_id: str, member: Member, _now: datetime) -> Page | None:
    meetup = events.meetup(public_id, member)
    if meetup is None:
        return None
    if meetup.host_id == member.id:
        words = "Its mails come to you now, and those who come see your name."
        return Page("You are the host", words=words, button=None, **_of_series(meetup))
    offered = queries.offered(meetup)
    if offered is None or offered.member_id != member.id:
        return None
    words = f"{meetup.host.first_name} would like to hand it over to you, with all its dates and everybody who comes."
    return Page("Would you be its host?", words=words, button="Yes, I’ll host it", **_of_series(meetup))


def _take_over(meetup: Meetup, member: Member, now: datetime) -> None:
    if meetup.host_id != member.id:
        helpers.take_over(meetup, member, now)


def _wake(public_id: str, member: Member, _now: datetime) -> Page | None:
    meetup = events.meetup(public_id, member)
    if meetup is None or meetup.cancelled_at or not acts_as_host(meetup, member):
        return None
    if meetup.resting_at is None:
        words = "Its dates take place again, and those who said yes to them are told."
        return Page("It is awake", words=words, button=None, **_of_series(meetup))
    words = "It rests, for nobody said yes to its last two dates. One tap, and its dates take place again."
    return Page("Wake it?", words=words, button="Wake it", **_of_series(meetup))


def _volunteer(public_id: str, member: Member, now: datetime) -> Page | None:
    meetup = events.meetup(public_id, member)
    if meetup is None or not resting.may_volunteer(meetup, member, now):
        return None
    words = f"We ask {meetup.host.first_name}, and write to you as soon as she says yes."
    return Page("Would you take it over?", words=words, button="Yes, I’d host it", **_of_series(meetup))


def _given(subject: str, host: Member) -> tuple[Meetup | None, Member | None, bool]:
    """Return the series, who would host it, and whether it still is the rest in which she has offered that."""
    public_id, regular, rest = (*subject.split(":"), "")[:3]
    meetup = events.meetup(public_id, host)
    return meetup, accounts.by_public_id(regular), meetup is not None and resting.stamp(meetup) == rest


def _give(subject: str, host: Member, now: datetime) -> Page | None:
    meetup, regular, same = _given(subject, host)
    if meetup is None or regular is None:
        return None
    if meetup.host_id == regular.id:
        words = f"{regular.first_name} hosts it from now on. You can come as a guest."
        return Page("Handed over", words=words, button=None, **_of_series(meetup))
    if not same or meetup.host_id != host.id or not resting.may_volunteer(meetup, regular, now):
        return None
    words = f"{regular.first_name} would host it from now on, with all its dates. You could come as a guest."
    return Page("Hand it over?", words=words, button=f"Hand it to {regular.first_name}", **_of_series(meetup))


def _say_give(subject: str, host: Member, _spot: str | None, now: datetime) -> None:
    meetup, regular, same = _given(subject, host)
    if meetup and regular and same and meetup.host_id != regular.id:
        resting.give(meetup, host, regular, now)


ACTS = {
    "still_on": Act(_still_on, _to_find(services.still_on)),
    "baton": Act(_baton, _to_find(services.take_baton)),
    "rain": Act(_rain, _to_date(rain.rain)),
    "dry": Act(_dry, _to_date(rain.dry)),
    "cohost": Act(_cohost, _to_series(helpers.accept_cohost)),
    "hand_over": Act(_hand_over, _to_series(_take_over), for_herself=True),
    "wake": Act(_wake, _to_series(resting.wake)),
    "volunteer": Act(_volunteer, _to_series(resting.volunteer)),
    "give": Act(_give, _say_give, for_herself=True),
}
