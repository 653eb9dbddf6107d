"""One test for each rule of docs/calendars.md about events and text, named after the rule and who needs it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar, vDDDTypes

from meetups.clock import utcnow
from meetups.domain.recurrence import Frequency, Rule
from meetups.domain.vtimezone import observances
from meetups.domain.zones import to_utc
from meetups.events import services
from meetups.events.calendar import Written, date_calendar, document, fitting, midnight
from meetups.events.models import Meetup
from meetups.extensions import db
from meetups.feeds.services import add_feed
from tests.factories import TUESDAY, add_meetup, add_member, add_occurrence, add_place, add_rsvp, first_date
from tests.feeds.hosting import dates, events_of, host, series, unfolded

pytestmark = pytest.mark.one_database

# What a title, a place or a note may do to a calendar that writes it carelessly.
NASTY = "Tea; cake, \\ and “milk” 👩‍👧‍👦 日本語の公園で会いましょう " + "ü" * 20


def own(client: FlaskClient, meetup: Meetup, answer: str = "going") -> bytes:
    ana = add_member("Ana")
    add_rsvp(first_date(meetup), ana, answer)
    token = add_feed(ana, "Phone", utcnow())
    db.session.commit()
    return client.get(f"/feeds/{token}/my-meetups.ics").data


def varied() -> Meetup:
    """A series with a moved, a cancelled and a plain date."""
    meetup = host()
    rows = dates(meetup)
    services.move_date(rows[1], rows[1].recurrence_id + timedelta(days=1, hours=2), utcnow())
    services.cancel_date(rows[2], "Flu", utcnow())
    db.session.commit()
    return meetup


def test_times_are_wall_clock_with_an_iana_zone_for_every_reader(client: FlaskClient) -> None:
    for event in events_of(series(client, varied())):
        for name in ("DTSTART", "DTEND"):
            assert event[name].params["TZID"] == "America/Toronto"


def test_no_time_floats_for_google_apple_and_outlook(client: FlaskClient) -> None:
    meetup = varied()
    for body in (series(client, meetup), own(client, meetup)):
        for event in events_of(body):
            named = [value for name, value in event.property_items() if isinstance(value, vDDDTypes)]
            assert named and all(value.dt.tzinfo is not None for value in named if isinstance(value.dt, datetime))


def test_every_zone_is_declared_once_and_before_its_events_for_outlook(client: FlaskClient) -> None:
    lines = unfolded(series(client, varied()))
    assert lines.count("BEGIN:VTIMEZONE") == 1 and "TZID:America/Toronto" in lines
    assert lines.index("END:VTIMEZONE") < lines.index("BEGIN:VEVENT")


def test_outlook_gets_one_yearly_rule_per_observance(client: FlaskClient) -> None:
    zone = Calendar.from_ical(series(client, host())).walk("VTIMEZONE")[0]
    assert len(zone.subcomponents) == 2
    for part in zone.subcomponents:
        assert part["RRULE"]["FREQ"] == ["YEARLY"] and {"BYMONTH", "BYDAY"} <= set(part["RRULE"])
        assert {"TZOFFSETFROM", "TZOFFSETTO", "DTSTART"} <= set(part) and "RDATE" not in part


@pytest.mark.parametrize("name", ["Africa/Casablanca", "America/Vancouver", "America/Edmonton"])
def test_a_zone_without_a_yearly_rule_lists_its_changes_for_thunderbird(client: FlaskClient, name: str) -> None:
    # Ramadan, and provinces that leave their clocks alone from 2026 on.
    meetup = host(Rule(Frequency.WEEKLY, weekdays=(1,)), place=add_place(zone=name))
    zone = Calendar.from_ical(series(client, meetup)).walk("VTIMEZONE")[0]
    told = zone.to_tz(lookup_tzid=False)
    for row in dates(meetup):
        wall = row.recurrence_id.replace(tzinfo=told)
        assert wall.astimezone(UTC) == row.starts_at


def test_a_zone_without_changes_has_one_observance(client: FlaskClient) -> None:
    assert len(observances("Asia/Kolkata", 2026)) == 1


def test_utc_needs_no_zone(client: FlaskClient) -> None:
    body = series(client, host(place=add_place(zone="UTC")))
    assert b"VTIMEZONE" not in body and b"DTSTART:20261201T100000Z" in body


def test_every_event_has_an_end_for_readers_that_guess_one(client: FlaskClient) -> None:
    assert all("DTEND" in event and "DURATION" not in event for event in events_of(series(client, varied())))


def test_no_alarm_guest_organizer_method_or_zone_of_the_whole(client: FlaskClient) -> None:
    meetup = varied()
    names = {
        line.partition(":")[0].partition(";")[0] for line in unfolded(series(client, meetup) + own(client, meetup))
    }
    assert not names & {"METHOD", "ATTENDEE", "ORGANIZER", "X-WR-TIMEZONE", "RDATE", "DURATION", "X-ALT-DESC"}
    assert "VALARM" not in series(client, meetup).decode()


def test_lines_fold_at_75_octets_between_letters_for_google(client: FlaskClient) -> None:
    # One bad fold, and Google ignores the whole file.
    meetup = add_meetup(place=add_place(NASTY, address=NASTY, city=NASTY), title=NASTY, spot=NASTY)
    body = own(client, meetup)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"") and body.endswith(b"END:VCALENDAR\r\n")
    assert [line.decode() for line in body.split(b"\r\n")]
    (event,) = events_of(body)
    assert event["SUMMARY"] == NASTY and NASTY in event["DESCRIPTION"]
    assert not body.startswith(b"\xef\xbb\xbf")


def test_no_property_is_empty_for_libical(client: FlaskClient) -> None:
    place = add_place(address=None, city=None, neighbourhood=None)
    meetup = add_meetup(place=place, note="")
    for body in (own(client, meetup), series(client, meetup)):
        assert all(line.partition(":")[2] for line in unfolded(body))
        assert 'X-ADDRESS=""' not in body.decode()


def test_control_characters_never_reach_a_reader(client: FlaskClient) -> None:
    # Rows that another program wrote past our forms.
    meetup = add_meetup(place=add_place("Park\x07\x0b"), title="Tea\x1b[31m", spot="Here\x08\x85")
    for body in (own(client, meetup), series(client, meetup)):
        text = body.decode().replace("\r\n", "")
        assert not [letter for letter in text if ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0]


def test_the_description_is_plain_text_ending_in_the_link_for_google_and_outlook(client: FlaskClient) -> None:
    meetup = varied()
    for body in (series(client, meetup), own(client, meetup)):
        for event in events_of(body):
            lines = str(event["DESCRIPTION"]).split("\n")
            assert lines[-1] == str(event["URL"]) and lines[-1].startswith("http://localhost/meetups/")
            assert lines[-2] == "" and "<" not in event["DESCRIPTION"]


def test_her_own_feed_tells_spot_and_note_to_who_comes_alone(client: FlaskClient) -> None:
    meetup = add_meetup(note="Bring cups")
    going, maybe = own(client, meetup).decode(), own(client, meetup, "maybe").decode()
    assert "Red stroller" in going and "Bring cups" in going
    assert "Red stroller" not in maybe


def test_the_location_is_title_and_address_for_apples_maps(client: FlaskClient) -> None:
    place = add_place("Withrow “Dog” Park", address="725 Logan Ave", city="Toronto")
    (event,) = events_of(own(client, add_meetup(place=place)))
    apple = event["X-APPLE-STRUCTURED-LOCATION"]
    assert event["LOCATION"] == f"{apple.params['X-TITLE']}\n{apple.params['X-ADDRESS']}"
    assert event["LOCATION"] == "Withrow “Dog” Park\n725 Logan Ave, Toronto"
    assert str(apple) == f"geo:{place.lat},{place.lon}" and apple.params["VALUE"] == "URI"
    assert apple.params["X-APPLE-RADIUS"] == "70" and "http" not in event["LOCATION"]


def test_geo_is_latitude_then_longitude(client: FlaskClient) -> None:
    assert "GEO:43.6747;-79.3476" in unfolded(own(client, add_meetup()))


def test_a_cancelled_date_says_so_in_three_ways_for_google_apple_and_outlook(client: FlaskClient) -> None:
    meetup = add_meetup()
    services.cancel_date(first_date(meetup), "Flu", utcnow())
    (event,) = events_of(own(client, meetup))
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert str(event["SUMMARY"]).startswith("Cancelled: ")


def test_maybe_is_tentative_and_blocks_the_hour(client: FlaskClient) -> None:
    (event,) = events_of(own(client, add_meetup(title="Tea"), "maybe"))
    assert (event["STATUS"], event["TRANSP"], event["SUMMARY"]) == ("TENTATIVE", "OPAQUE", "Maybe: Tea")


def test_a_calendar_is_named_for_rfc_7986_and_for_apple_and_google(client: FlaskClient) -> None:
    lines = unfolded(series(client, host(title="Tea, and cake")))
    assert "NAME:Tea\\, and cake" in lines and "X-WR-CALNAME:Tea\\, and cake" in lines


def test_a_calendar_asks_to_be_read_hourly_in_both_ways(client: FlaskClient) -> None:
    lines = unfolded(series(client, host()))
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines and "X-PUBLISHED-TTL:PT1H" in lines


def test_a_date_says_for_itself_what_its_host_wrote_for_it(client: FlaskClient) -> None:
    meetup = add_meetup(title="Tea", note="Cups")
    row = first_date(meetup)
    row.own_title, row.own_note, row.own_spot = "Picnic", "Rugs", "Blue door"
    (event,) = events_of(own(client, meetup))
    assert event["SUMMARY"] == "Picnic" and "Rugs" in event["DESCRIPTION"] and "Blue door" in event["DESCRIPTION"]
    assert "Cups" not in event["DESCRIPTION"]


def test_one_uid_for_each_date_ascii_and_short(client: FlaskClient) -> None:
    meetup = varied()
    found = [str(event["UID"]) for event in events_of(own(client, meetup)) + events_of(series(client, meetup))]
    assert len(set(found)) == 2 and all(
        uid.isascii() and len(uid) <= 255 and uid.endswith("@localhost") for uid in found
    )


def test_stamps_are_times_of_change_and_never_now_for_google(client: FlaskClient, clock: object) -> None:
    meetup = varied()
    before = series(client, meetup)
    clock.shift(timedelta(hours=3))  # type: ignore[attr-defined]
    assert series(client, meetup) == before
    for event in events_of(before):
        assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == meetup.changed_at
        assert event["SEQUENCE"] == meetup.sequence


def test_an_empty_feed_is_still_a_calendar(client: FlaskClient) -> None:
    token = add_feed(add_member("Ana"), "Phone", utcnow())
    db.session.commit()
    calendar = Calendar.from_ical(client.get(f"/feeds/{token}/my-meetups.ics").data)
    assert calendar["VERSION"] == "2.0" and calendar.walk("VEVENT") == []


def test_under_a_megabyte_the_oldest_past_falls_off_first_then_the_farthest(app: object) -> None:
    now = utcnow()
    days = [Written(midnight(now) + timedelta(days=n), "UTC", b"x" * 100) for n in (-3, 5, -1, 2, 9)]
    left = [
        [(event.starts - midnight(now)).days for event in fitting(days, now, most)]
        for most in (500, 400, 300, 200, 100, 0)
    ]
    assert left == [[-3, 5, -1, 2, 9], [5, -1, 2, 9], [5, 2, 9], [5, 2], [2], []]
    assert document("None", [], now)


def test_one_bad_date_never_breaks_a_feed(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    ana, good, bad = add_member("Ana"), add_meetup(title="Good"), add_meetup(title="Bad")
    for meetup in (good, bad):
        add_rsvp(first_date(meetup), ana)
    bad.zone = "Mars/Olympus"
    token = add_feed(ana, "Phone", utcnow())
    db.session.commit()
    assert [event["SUMMARY"] for event in events_of(client.get(f"/feeds/{token}/my-meetups.ics").data)] == ["Good"]
    assert f"date {first_date(bad).id} cannot be written" in caplog.text and token not in caplog.text


def test_a_file_of_one_date_is_no_invitation(app: object) -> None:
    row = add_occurrence(add_meetup(dates=[TUESDAY]), TUESDAY + timedelta(days=7))
    (event,) = events_of(date_calendar(row, utcnow(), with_spot=True))
    assert event["UID"] == f"date-{row.uid}@localhost" and "Red stroller" in event["DESCRIPTION"]
    assert to_utc(TUESDAY + timedelta(days=7), "America/Toronto") == event["DTSTART"].dt
