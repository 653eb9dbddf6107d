"""The ways from a calendar's address into each calendar program."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import segno

QR_PIXELS, QR_TITLE = 4, "The address, for the camera of a phone"


class Program(StrEnum):
    """A calendar program that knows its own way to subscribe."""

    APPLE = "apple"
    ANDROID = "android"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    THUNDERBIRD = "thunderbird"


# The first mark found in a User-Agent says which program its reader most likely has.
_MARKS = (
    ("iPhone", Program.APPLE),
    ("iPad", Program.APPLE),
    ("Macintosh", Program.APPLE),
    ("Android", Program.ANDROID),
    ("Windows", Program.OUTLOOK),
    ("Linux", Program.THUNDERBIRD),
)


@dataclass(frozen=True, slots=True)
class Links:
    """One calendar's address in every form that programs want; `qr` is an SVG that a phone's camera reads."""

    address: str
    webcal: str
    google: str
    outlook: str
    office: str
    qr: str
    programs: list[Program]


def links(address: str, name: str, user_agent: str, page: str | None = None) -> Links:
    """Return the ways to a calendar's https address, the visitor's own program first.

    The picture leads a phone to `page`, which knows the phone's way; a secret address has no page that others see.
    """
    webcal = "webcal://" + address.partition("://")[2]
    added = f"/calendar/0/addfromweb?url={quote(address, safe='')}&name={quote(name, safe='')}"
    return Links(
        address=address,
        webcal=webcal,
        # With an https address inside, Google has refused calendars.
        google="https://calendar.google.com/calendar/r?cid=" + quote(webcal, safe=""),
        outlook="https://outlook.live.com" + added,
        office="https://outlook.office.com" + added,
        qr=_picture(page or webcal),
        programs=in_order(user_agent),
    )


def _picture(text: str) -> str:
    # Dark on light at night too: many cameras read no other.
    code = segno.make(text, error="m", micro=False)
    return code.svg_inline(scale=QR_PIXELS, border=4, dark="#000", light="#fff", title=QR_TITLE)


def in_order(user_agent: str) -> list[Program]:
    """Return all programs, first the one that a visitor most likely has."""
    first = next((program for mark, program in _MARKS if mark in user_agent), Program.GOOGLE)
    return [first, *(program for program in Program if program != first)]
