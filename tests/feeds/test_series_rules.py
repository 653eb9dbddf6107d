"""One test for each rule of docs/calendars.md about a series, named after the rule and who needs it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from icalendar import Event

from meetups.clock import utcnow
from meetups.domain.recurrence import Frequency, Rule, expand, parse_rule
from meetups.domain.zones import to_utc
from meetups.events import calendar as writing
from meetups.events import editing, services
from meetups.events.models import Meetup, Visibility
from meetups.extensions import db
from tests.events.drafts import a_draft
from tests.factories import TUESDAY, add_meetup, add_occurrence, add_place
from tests.feeds.hosting import address_of, dates, events_of, expanded, host, series, stored

pytestmark = pytest.mark.one_database

WEDNESDAYS = Rule(Frequency.WEEKLY, weekdays=(2,))


def masters(body: bytes) -> list[Event]:
    return [event for event in events_of(body) if "RRULE" in event]


def overrides(body: bytes) -> list[Event]:
    return [event for event in events_of(body) if "RECURRENCE-ID" in event]


def singles(body: bytes) -> list[Event]:
    return [event for event in events_of(body) if "RRULE" not in event and "RECURRENCE-ID" not in event]


def split(first: Meetup, at: datetime, **values: object) -> Meetup:
    """What "this and following" does: the rows from `at` on move to a part of their own."""
    second = add_meetup(first.host, first.place, at, [], **{"rule": first.rule, "series_id": first.series_id or first.id, "title": "Second"} | values)  # type: ignore[arg-type] # fmt: skip
    for row in dates(second):
        db.session.delete(row)
    db.session.flush()
    for row in dates(first):
        if row.recurrence_id >= at:
            row.meetup_id = second.id
    second.rolled_to, first.rolled_to = first.rolled_to, None
    first.rule = f"{first.rule};UNTIL={at - timedelta(days=1):%Y%m%d}"
    first.sequence += 1
    db.session.commit()
    return second


@pytest.mark.parametrize("zone", ["America/Toronto", "Asia/Tokyo", "Australia/Sydney"])
def test_until_is_utc_for_every_reader(client: FlaskClient, zone: str) -> None:
    meetup = host(Rule(Frequency.WEEKLY, weekdays=(1,), until=datetime(2027, 4, 10).date()), place=add_place(zone=zone))
    (until,) = masters(series(client, meetup))[0]["RRULE"]["UNTIL"]
    assert until == to_utc(datetime(2027, 4, 6, 10), zone)
    assert f"UNTIL={until:%Y%m%dT%H%M%S}Z" in series(client, meetup).decode().replace("\r\n ", "")


def test_dtstart_is_an_instance_of_its_rule(client: FlaskClient) -> None:
    meetup = host(WEDNESDAYS)
    assert masters(series(client, meetup))[0]["DTSTART"].dt.replace(tzinfo=None) == datetime(2026, 12, 2, 10)


def test_a_recurrence_id_is_the_original_start_in_the_same_zone_for_infomaniak(client: FlaskClient) -> None:
    meetup = host()
    row = dates(meetup)[1]
    services.move_date(row, datetime(2026, 12, 9, 15), utcnow())
    db.session.commit()
    body = series(client, meetup)
    (moved,) = overrides(body)
    assert moved["RECURRENCE-ID"].params == masters(body)[0]["DTSTART"].params
    assert moved["RECURRENCE-ID"].dt.replace(tzinfo=None) == row.recurrence_id
    assert moved["DTSTART"].dt == row.starts_at and moved["UID"] == masters(body)[0]["UID"]


def test_every_recurrence_id_and_exdate_hits_an_instance_for_thunderbird(client: FlaskClient, clock: object) -> None:
    # Thunderbird lets a moved date vanish whose RECURRENCE-ID hits nothing.
    meetup = host()
    services.move_date(dates(meetup)[0], datetime(2026, 12, 5, 15), utcnow())
    clock.move_to(to_utc(TUESDAY + timedelta(days=1), meetup.zone))  # type: ignore[attr-defined]
    editing.edit(meetup, a_draft(meetup.place, datetime(2026, 12, 9, 9), WEDNESDAYS), utcnow())
    services.cancel_date(dates(meetup)[3], None, utcnow())
    add_occurrence(meetup, datetime(2027, 1, 2, 11))  # an extra date on a Saturday
    db.session.commit()
    body = series(client, meetup)
    (master,) = masters(body)
    instances = expand(parse_rule(meetup.rule or ""), meetup.starts, meetup.starts, datetime(2027, 12, 1))
    assert {event["RECURRENCE-ID"].dt.replace(tzinfo=None) for event in overrides(body)} <= set(instances)
    assert {str(event["UID"])[:5] for event in singles(body)} == {"date-"} and len(singles(body)) == 2
    until = TUESDAY + timedelta(days=150)
    assert expanded(body, until) == stored(meetup, until) and "RDATE" not in master


def test_an_extra_date_is_an_event_of_its_own_for_outlook(client: FlaskClient) -> None:
    # Outlook takes no RDATE beside an RRULE.
    meetup = host()
    extra = add_occurrence(meetup, datetime(2027, 1, 2, 11))
    db.session.commit()
    (event,) = singles(series(client, meetup))
    assert event["DTSTART"].dt == extra.starts_at and str(event["UID"]).startswith(f"date-{extra.uid}@")


@pytest.mark.parametrize(("days", "there"), [(29, True), (30, True), (31, False)])
def test_a_cancelled_single_date_stays_for_thirty_days(
    client: FlaskClient, clock: object, days: int, there: bool
) -> None:
    meetup = host()
    extra = add_occurrence(meetup, datetime(2027, 1, 2, 11))
    services.cancel_date(extra, None, utcnow())
    db.session.commit()
    clock.move_to(extra.starts_at + timedelta(days=days))  # type: ignore[attr-defined]
    assert bool(singles(series(client, meetup))) is there


@pytest.mark.parametrize(("days", "there"), [(89, True), (92, False)])
def test_a_past_single_date_stays_for_ninety_days(client: FlaskClient, clock: object, days: int, there: bool) -> None:
    meetup = host()
    extra = add_occurrence(meetup, datetime(2027, 1, 2, 11))
    db.session.commit()
    clock.move_to(extra.starts_at + timedelta(days=days))  # type: ignore[attr-defined]
    assert bool(singles(series(client, meetup))) is there


def test_a_date_is_cancelled_or_excepted_and_never_both(client: FlaskClient, clock: object) -> None:
    meetup = host()
    row = dates(meetup)[0]
    services.cancel_date(row, None, utcnow())
    db.session.commit()
    for days, cancelled in ((0, 1), (30, 1), (31, 0)):
        clock.move_to(row.starts_at + timedelta(days=days))  # type: ignore[attr-defined]
        body = series(client, meetup)
        (master,) = masters(body)
        assert (len(overrides(body)), "EXDATE" in master) == (cancelled, not cancelled)
    assert master["EXDATE"].dts[0].dt == row.starts_at and master["EXDATE"].params["TZID"] == meetup.zone


def test_icsx5_sees_that_a_cancelled_date_fell_off(client: FlaskClient, clock: object) -> None:
    # It skips a series whose LAST-MODIFIED has not grown.
    meetup = host()
    row = dates(meetup)[0]
    services.cancel_date(row, None, utcnow())
    db.session.commit()
    before = masters(series(client, meetup))[0]["LAST-MODIFIED"].dt
    clock.move_to(row.starts_at + timedelta(days=31))  # type: ignore[attr-defined]
    after = masters(series(client, meetup))[0]["LAST-MODIFIED"].dt
    assert before < after <= utcnow()


def test_a_cancelled_series_leaves_no_open_end(client: FlaskClient, clock: object) -> None:
    meetup = host()
    services.cancel_series(meetup, "We move away", utcnow())
    db.session.commit()
    body = series(client, meetup)
    (until,) = masters(body)[0]["RRULE"]["UNTIL"]
    assert until == dates(meetup)[-1].starts_at and len(overrides(body)) == len(dates(meetup))
    clock.move_to(dates(meetup)[-1].starts_at + timedelta(days=40))  # type: ignore[attr-defined]
    # A rule all of whose dates are excepted is no series.
    assert events_of(series(client, meetup)) == []


def test_a_title_of_its_own_makes_an_override(client: FlaskClient) -> None:
    meetup = host()
    dates(meetup)[4].own_title = "Picnic"
    db.session.commit()
    (event,) = overrides(series(client, meetup))
    assert event["SUMMARY"] == "Picnic" and event["DTSTART"].dt == dates(meetup)[4].starts_at


def test_an_instance_without_a_row_is_excepted(client: FlaskClient) -> None:
    meetup = host()
    db.session.delete(dates(meetup)[2])
    db.session.commit()
    until = TUESDAY + timedelta(days=150)
    assert expanded(series(client, meetup), until) == stored(meetup, until)


def test_a_date_that_the_clocks_skip_is_an_event_of_its_own(client: FlaskClient) -> None:
    meetup = host(Rule(Frequency.DAILY), datetime(2026, 12, 1, 2, 30))
    body = series(client, meetup)
    (event,) = singles(body)
    assert event["DTSTART"].dt == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    until = TUESDAY + timedelta(days=120)
    assert expanded(body, until) == stored(meetup, until)


@pytest.mark.parametrize("starts", [datetime(2027, 3, 28, 2), datetime(2027, 4, 4, 2)])
def test_readers_agree_on_how_long_a_night_is_when_the_clocks_change(client: FlaskClient, starts: datetime) -> None:
    # In Auckland the clocks go back at 3:00 on 4 April: some readers end this date an hour late.
    sundays = Rule(Frequency.WEEKLY, weekdays=(6,))
    meetup = host(sundays, starts, place=add_place(zone="Pacific/Auckland"))
    body, until = series(client, meetup), datetime(2027, 5, 1)
    assert expanded(body, until) == stored(meetup, until)
    assert [event["RECURRENCE-ID"].dt.day for event in overrides(body)] == [4]


def test_a_phone_with_the_old_address_gets_the_new_part_of_a_split_series(client: FlaskClient) -> None:
    first = host()
    second = split(first, TUESDAY + timedelta(days=28))
    third = split(second, TUESDAY + timedelta(days=56), title="Third")
    until = TUESDAY + timedelta(days=150)
    everything = sorted(stored(first, until) + stored(second, until) + stored(third, until))
    for part in (first, second, third):
        body = series(client, part)
        assert expanded(body, until) == everything
        assert len({str(event["UID"]) for event in masters(body)}) == 3


def test_a_part_that_only_members_see_is_in_no_strangers_calendar(client: FlaskClient) -> None:
    first = host()
    second = split(first, TUESDAY + timedelta(days=28), visibility=Visibility.MEMBERS)
    assert [event["SUMMARY"] for event in masters(series(client, first))] == [first.title]
    assert client.get(address_of(second)).status_code == 404


def test_a_part_whose_dates_have_all_moved_on_has_no_master(client: FlaskClient) -> None:
    first = host()
    split(first, TUESDAY)
    assert [event["SUMMARY"] for event in masters(series(client, first))] == ["Second"]


def test_one_bad_date_never_breaks_a_series(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    meetup = host(place=add_place(zone="Asia/Tokyo"))
    bad, fine = dates(meetup)[1], dates(meetup)[2]
    bad.ends_at, fine.own_title = datetime(9999, 12, 31, 23, tzinfo=UTC), "Picnic"
    db.session.commit()
    body = series(client, meetup)
    assert [event["SUMMARY"] for event in overrides(body)] == ["Picnic"]
    assert masters(body)[0]["EXDATE"].dts[0].dt == to_utc(bad.recurrence_id, meetup.zone)
    assert f"date {bad.id} cannot be written" in caplog.text


def test_one_bad_part_never_breaks_a_series(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    first = host()
    second = split(first, TUESDAY + timedelta(days=28))
    second.rule = "FREQ=SECONDLY"
    db.session.commit()
    assert [event["SUMMARY"] for event in masters(series(client, first))] == [first.title]
    assert f"meetup {second.id} cannot be written" in caplog.text


def test_a_series_stays_under_a_megabyte_and_what_falls_off_is_no_date(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(writing.fitting, "__defaults__", (5_000,))
    meetup = host()
    services.cancel_series(meetup, None, utcnow())
    db.session.commit()
    body = series(client, meetup)
    kept = [event["DTSTART"].dt for event in overrides(body)]
    assert kept == [row.starts_at for row in dates(meetup)[: len(kept)]] and 0 < len(kept) < 8
    assert len(expanded(body, TUESDAY + timedelta(days=400))) == len(kept)
