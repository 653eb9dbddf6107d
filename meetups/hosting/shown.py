"""What a host or a regular is asked on the page of a date."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from meetups.accounts.models import Member
from meetups.domain.hosting import asked_at
from meetups.events.hosts import acts_as_host
from meetups.events.models import Meetup, Occurrence
from meetups.events.shown import rain_words_of
from meetups.hosting import queries, resting, states
from meetups.hosting.tokens import local_address


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its one button, and where that posts to; a `quiet` one may as well stay unanswered."""

    words: str
    button: str
    address: str
    quiet: bool = False


def asks(row: Occurrence, viewer: Member | None, now: datetime) -> list[Asked]:
    """Return what a date's page asks its viewer: from the evening before on, whether it is on; a regular, whether she
    stands in."""
    if viewer is None or row.meetup.source:
        return []
    asked = [] if row.meetup.host_id == viewer.id else _of_series(row.meetup, viewer)
    if row.meetup.resting_at:
        asked += _of_resting(row.meetup, viewer, now)
    return asked + _of_date(row, viewer, now)


def _of_series(meetup: Meetup, viewer: Member) -> list[Asked]:
    helps, takes = queries.offers_to(viewer, meetup)
    host, found = meetup.host.first_name, []
    if helps:
        words = f"{host} asks whether you would host with her."
        found.append(Asked(words, "Yes, I’ll help", local_address("cohost", meetup.public_id, viewer)))
    if takes:
        words = f"{host} would like to hand this over to you."
        found.append(Asked(words, "Yes, I’ll host it", local_address("hand_over", meetup.public_id, viewer)))
    return found


def _of_resting(meetup: Meetup, viewer: Member, now: datetime) -> list[Asked]:
    address = partial(local_address, subject=meetup.public_id, member=viewer)
    if acts_as_host(meetup, viewer):
        return [Asked("The series rests: nobody said yes to its last dates.", "Wake it", address("wake"))]
    if resting.may_volunteer(meetup, viewer, now):
        return [Asked("The series rests. Would you take it over?", "Yes, I’d host it", address("volunteer"))]
    return []


def _of_date(row: Occurrence, viewer: Member, now: datetime) -> list[Asked]:
    soon = states.is_open(row, now) and now >= asked_at(row.starts_at, row.meetup.zone)
    if not soon:
        return []
    if acts_as_host(row.meetup, viewer):
        return _of_host(row, viewer) + _of_rain(row, viewer)
    return _of_regular(row, viewer, now)


def _of_host(row: Occurrence, host: Member) -> list[Asked]:
    address = local_address("still_on", row.uid, host)
    if row.meetup.host_id != host.id:
        return _of_cohost(row, host, address)
    if row.held_by:
        return [Asked(f"{row.held_by.first_name} stands in for you.", "I come after all", address)]
    if row.taken and not states.said_yes(row):
        words = (
            "Those coming have heard that it may be unhosted."
            if row.unhosted_at
            else "Still on? Those coming would love to know."
        )
        return [Asked(words, "Still on", address)]
    return []


def _of_cohost(row: Occurrence, cohost: Member, address: str) -> list[Asked]:
    host = row.meetup.host.first_name
    if row.held_by_id == cohost.id or (row.who is None and (states.said_yes(row) or not row.taken)):
        return []
    words = f"{row.held_by.first_name} stands in for {host}." if row.held_by else f"{host} has not said that she comes."
    return [Asked(words, "I’ll be there", address)]


def _of_rain(row: Occurrence, host: Member) -> list[Asked]:
    plan = rain_words_of(row)
    if plan is None:
        return []
    if row.raining:
        address = local_address("dry", row.uid, host)
        no_spot = " They read no word of where exactly." if row.moved_by_rain and not row.spot else ""
        return [Asked(f"Those coming are told: in the rain, {plan}.{no_spot}", "Take it back", address, quiet=True)]
    address = local_address("rain", row.uid, host)
    return [Asked(f"It rains? Then {plan}.", "Rain plan today", address, quiet=True)]


def _of_regular(row: Occurrence, viewer: Member, now: datetime) -> list[Asked]:
    if row.held_by_id or not viewer.wants_baton or not row.asked_at or not states.may_take(row, viewer, now):
        return []
    words = f"{row.meetup.host.first_name} has not said whether she comes. Would you be the one to find?"
    return [Asked(words, "Yes, I’ll be the one", local_address("baton", row.uid, viewer))]
