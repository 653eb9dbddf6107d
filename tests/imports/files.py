"""Calendar files as others write them."""

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Library//EN\r\n"


def event(
    *lines: str, uid: str = "story@library", summary: str = "Story time", start: str = "20261201T100000", **more: str
) -> str:
    """One VEVENT: a Tuesday at ten, floating, for an hour, unless `lines` and `more` (property=value) say otherwise."""
    given = {"UID": uid, "SUMMARY": summary, "DTSTART": start, "DURATION": "PT1H"} | {
        name.upper().replace("_", "-"): value for name, value in more.items()
    }
    written = [f"{name}:{value}" for name, value in given.items() if value]
    return "\r\n".join(["BEGIN:VEVENT", *written, *lines, "END:VEVENT", ""])


def calendar(*events: str, head: str = "") -> bytes:
    """A VCALENDAR with these events; `head` are lines of its own."""
    return (HEAD + head + "".join(events) + "END:VCALENDAR\r\n").encode()
