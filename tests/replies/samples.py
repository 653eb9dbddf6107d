"""Replies as mail programs write them, made from the invitation that they answer."""

import base64
import quopri
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from icalendar import Calendar, Event

UTC_FORM = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Invite:
    """What a mail program keeps of an invitation. `starts` is an aware datetime in the meetup's zone."""

    uid: str
    organizer: str
    guest: str
    starts: datetime
    sequence: int


def event_of(mail: EmailMessage) -> Event:
    """The event of the part that mail programs answer."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    return event  # type: ignore[return-value]


def invite_of(mail: EmailMessage) -> Invite:
    event = event_of(mail)
    organizer, guest = (str(event[name]).removeprefix("mailto:") for name in ("ORGANIZER", "ATTENDEE"))
    return Invite(str(event["UID"]), organizer, guest, event.start, int(event["SEQUENCE"]))  # type: ignore[arg-type]


def lines(*parts: str) -> bytes:
    """Lines as they travel; parts may be of several lines, ended in either way."""
    return "\r\n".join([*"\n".join((*parts, "")).splitlines(), ""]).encode()


def gmail(invite: Invite, partstat: str, made: datetime) -> bytes:
    """Google's calendar: "auto-generated" although a person has tapped, times in UTC, the same calendar twice."""
    calendar = lines(
        "BEGIN:VCALENDAR", "PRODID:-//Google Inc//Google Calendar 70.9054//EN", "VERSION:2.0", "CALSCALE:GREGORIAN",
        "METHOD:REPLY", "BEGIN:VEVENT", f"DTSTART:{utc(invite.starts)}", f"DTSTAMP:{made:{UTC_FORM}}",
        f"ORGANIZER;CN=Hello Park:mailto:{invite.organizer}", f"UID:{invite.uid}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN=ana", f" ;X-NUM-GUESTS=0:mailto:{invite.guest}",
        "DESCRIPTION:", f"SEQUENCE:{invite.sequence}", "STATUS:CONFIRMED", "SUMMARY:Stroller walk", "TRANSP:OPAQUE",
        "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return lines(
        f"Return-Path: <{invite.guest}>", f"Reply-To: {invite.guest}", "Sender: Google Calendar <calendar-notification@google.com>",
        "Auto-Submitted: auto-generated", "Message-ID: <0000000000001ecfa5059afca5d1@google.com>",
        "Subject: Accepted: Stroller walk", f"From: {invite.guest}", f"To: Hello Park <{invite.organizer}>", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="mixed"', "", "--mixed", 'Content-Type: multipart/alternative; boundary="alt"', "",
        "--alt", 'Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes', "", "ana has accepted this invitation.",
        "--alt", 'Content-Type: text/calendar; charset="UTF-8"; method=REPLY', "Content-Transfer-Encoding: 7bit", "",
        calendar.decode(), "--alt--", "--mixed", 'Content-Type: application/ics; name="invite.ics"',
        'Content-Disposition: attachment; filename="invite.ics"', "Content-Transfer-Encoding: base64", "",
        base64.encodebytes(calendar).decode(), "--mixed--",
    )  # fmt: skip


def outlook_com(invite: Invite, partstat: str, made: datetime) -> bytes:
    """Outlook.com: no ORGANIZER, Windows' name of the zone beside its rules, base64."""
    calendar = lines(
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VTIMEZONE",
        "TZID:Eastern Standard Time", "BEGIN:STANDARD", "DTSTART:16010101T020000", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010101T020000",
        "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3", "END:DAYLIGHT",
        "END:VTIMEZONE", "BEGIN:VEVENT", f"ATTENDEE;PARTSTAT={partstat};CN=Ana:mailto:{invite.guest}",
        "COMMENT;LANGUAGE=en-US:\\n", f"UID:{invite.uid}", "SUMMARY;LANGUAGE=en-US:Accepted: Stroller walk",
        f"DTSTART;TZID=Eastern Standard Time:{invite.starts:%Y%m%dT%H%M%S}", "CLASS:PUBLIC", "PRIORITY:5",
        f"DTSTAMP:{made:{UTC_FORM}}", "TRANSP:OPAQUE", "STATUS:CONFIRMED", f"SEQUENCE:{invite.sequence}",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return lines(
        f"From: Ana <{invite.guest}>", f'To: "Hello Park" <{invite.organizer}>', "Subject: Accepted: Stroller walk",
        "Thread-Topic: Stroller walk", "X-MS-Has-Attach:", "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="_000_"', "", "--_000_", 'Content-Type: text/plain; charset="iso-8859-1"', "", "",
        "--_000_", 'Content-Type: text/calendar; charset="utf-8"; method=REPLY', "Content-Transfer-Encoding: base64", "",
        base64.encodebytes(calendar).decode(), "--_000_--",
    )  # fmt: skip


def apple(invite: Invite, partstat: str, made: datetime) -> bytes:
    """Apple's Mail and Calendar: quoted-printable, lower-case method, the zone by its own name."""
    calendar = lines(
        "BEGIN:VCALENDAR", "CALSCALE:GREGORIAN", "VERSION:2.0", "METHOD:REPLY", "PRODID:-//Apple Inc.//iOS 26.1//EN",
        "BEGIN:VEVENT", f"UID:{invite.uid}", f"DTSTAMP:{made:{UTC_FORM}}",
        f"DTSTART;TZID=America/Toronto:{invite.starts:%Y%m%dT%H%M%S}", f"SEQUENCE:{invite.sequence}",
        f"ORGANIZER;CN=\"Hello Park\";EMAIL={invite.organizer}:MAILTO:{invite.organizer}",
        f'ATTENDEE;CN="Zoë Ana";CUTYPE=INDIVIDUAL;PARTSTAT={partstat};ROLE=REQ-PARTICIPANT:MAILTO:{invite.guest}',
        "SUMMARY:Stroller walk", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return lines(
        f"From: {invite.guest}", f"To: {invite.organizer}", "Subject: Accepted: Stroller walk", "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="Apple-Mail"', "", "--Apple-Mail",
        "Content-Type: text/plain; charset=us-ascii", "", "Accepted", "--Apple-Mail",
        "Content-Type: text/calendar; charset=utf-8; method=reply", "Content-Transfer-Encoding: quoted-printable", "",
        quopri.encodestring(calendar).decode(), "--Apple-Mail--",
    )  # fmt: skip


def exchange(invite: Invite, partstat: str, made: datetime) -> bytes:
    """An Exchange server behind a gateway: the calendar as a file alone, Latin-1, a zone without rules."""
    calendar = lines(
        "BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VEVENT",
        f"ATTENDEE;PARTSTAT={partstat};CN=Zoë:MAILTO:{invite.guest}", f"UID:{invite.uid}",
        f"ORGANIZER;CN=Hello Park:MAILTO:{invite.organizer.upper()}",
        f"DTSTART;TZID=Eastern Standard Time:{invite.starts:%Y%m%dT%H%M%S}", f"DTSTAMP:{made:{UTC_FORM}}",
        f"SEQUENCE:{invite.sequence}", "END:VEVENT", "END:VCALENDAR",
    ).decode().encode("latin-1")  # fmt: skip
    return lines(
        f"From: Ana <{invite.guest}>", f"To: <{invite.organizer.upper()}>", "Subject: Accepted", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="_002_"', "", "--_002_", "Content-Type: text/html; charset=us-ascii", "",
        "<p>Accepted</p>", "--_002_", 'Content-Type: application/ics; charset="iso-8859-1"; name="reply.ics"',
        "Content-Transfer-Encoding: base64", "", base64.encodebytes(calendar).decode(), "--_002_--",
    )  # fmt: skip


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(UTC_FORM)


PROGRAMS = {"gmail": gmail, "outlook_com": outlook_com, "apple": apple, "exchange": exchange}
