"""A date as an invitation that the phone's own Yes, No and Maybe answer (RFC 5546, RFC 6047)."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app
from icalendar import Calendar, Event, vCalAddress

from meetups.accounts.models import Member
from meetups.events.calendar import PRODID, date_event, timezone
from meetups.mail.message import Invitation
from meetups.rsvps import tokens
from meetups.rsvps.models import Rsvp

Subscribed = Callable[[Member, datetime], bool]
_SUBSCRIBED: list[Subscribed] = []


def subscribed(look: Subscribed) -> Subscribed:
    """Register what knows whether a member has had our dates in her calendar, by herself, since before a moment."""
    _SUBSCRIBED.append(look)
    return look


def wanted(row: Rsvp) -> bool:
    """Return whether the mails about an answer are invitations.

    Without a mailbox for the replies there are none. Unless the member has chosen, she gets them as long as no
    calendar of ours showed her the date when she answered: nothing shows twice, and what was once an invitation
    goes on being moved and cancelled as one.
    """
    if not current_app.config["SETTINGS"].reply_to or row.by_standing:
        # Whoever comes every time would get one for each week of half a year: her feed has them all.
        return False
    chosen = row.member.wants_invitations
    if chosen is not None:
        return chosen
    return row.replied_at is not None or not any(look(row.member, row.changed_at) for look in _SUBSCRIBED)


def invitation(row: Rsvp, method: str, now: datetime, *, partstat: str = "NEEDS-ACTION") -> Invitation:
    """Return the REQUEST or CANCEL of an answer's date for this one guest, written at `now`."""
    event = date_event(row.occurrence, with_spot=row.answer == "going")
    # In a feed it stands still; of two invitations with one SEQUENCE the later one counts (RFC 5546 section 2.1.5).
    event.DTSTAMP = now
    event.add("organizer", _organizer(row))
    event.add("attendee", _guest(row, partstat))
    return Invitation(method, bytes(_calendar(method, event, now).to_ical()))


def withdrawal(row: Rsvp, now: datetime) -> Invitation:
    """Return the CANCEL that takes a date which goes on without her out of this one guest's calendar.

    It says STATUS:CANCELLED, for what she holds is hers alone: RFC 5546 section 3.2.5 would leave it out, for a guest
    among several, but programs take a date away by it.
    """
    event = date_event(row.occurrence)
    event.status = "CANCELLED"
    event.DTSTAMP = now
    event.add("organizer", _organizer(row))
    event.add("attendee", _guest(row, "DECLINED"))
    return Invitation("CANCEL", bytes(_calendar("CANCEL", event, now).to_ical()))


def _calendar(method: str, event: Event, now: datetime) -> Calendar:
    calendar = Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODID), ("calscale", "GREGORIAN"), ("method", method)):
        calendar.add(name, value)
    # An hour that comes twice is said in UTC, and needs no zone.
    name = event["DTSTART"].params.get("TZID")
    zone = timezone(name, now.year) if name else None
    for part in filter(None, (zone, event)):
        calendar.add_component(part)
    return calendar


def _organizer(row: Rsvp) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{tokens.address(row)}")
    organizer.params["CN"] = current_app.config["SETTINGS"].site_name
    return organizer


def _guest(row: Rsvp, partstat: str) -> vCalAddress:
    guest = vCalAddress(f"mailto:{row.member.email}")
    guest.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": partstat, "RSVP": "TRUE"})
    return guest
