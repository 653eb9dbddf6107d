"""One date's page: who sees what, cell by cell of docs/safety.md."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.events.models import Meetup, Visibility
from meetups.extensions import db
from meetups.rsvps.models import Rsvp
from tests.conftest import counted_queries
from tests.factories import TUESDAY, add_block, add_kid, add_meetup, add_member, add_rsvp, first_date, sign_in

PAGE = "2026-12-01T1000"


def meetup_with_guests(guests: int = 3, **values: object) -> Meetup:
    meetup = add_meetup(add_member("Beatrice"), note="We walk slowly", **values)
    for number in range(guests):
        member = add_member(f"Guest{number}")
        add_rsvp(first_date(meetup), member, kids=[add_kid(member, date(2025, 6, 1))])
    db.session.commit()
    return meetup


def page(client: FlaskClient, meetup: Meetup) -> str:
    answer = client.get(f"/meetups/{meetup.public_id}/{PAGE}")
    assert answer.status_code == 200
    return answer.text


FACTS = ["Withrow Park", "Beatrice", "Three toddlers", "Red stroller by the gate", "Guest0"]


@pytest.mark.parametrize(
    ("who", "sees"), [("stranger", 1), ("member", 3), ("maybe", 3), ("waiting", 3), ("going", 5), ("host", 5)]
)
def test_each_reader_sees_her_part_of_a_public_meetup(client: FlaskClient, who: str, sees: int) -> None:
    meetup = meetup_with_guests()
    if who == "host":
        sign_in(client, meetup.host)
    elif who != "stranger":
        ana = add_member("Ana")
        if who != "member":
            add_rsvp(first_date(meetup), ana, who)
        sign_in(client, ana)
    text = page(client, meetup)
    shown = [fact in text for fact in FACTS]
    # Whoever sees the guests by name needs no count of families.
    if sees == 5:
        shown[2] = True
    if who == "host":
        shown[1] = "You are hosting" in text
    assert shown == [number < sees for number in range(5)]
    assert "@example.org" not in text and "June 2025" not in text


def test_two_families_are_too_few_to_be_counted(client: FlaskClient) -> None:
    meetup = meetup_with_guests(guests=2)
    sign_in(client, add_member("Ana"))
    text = page(client, meetup)
    assert "families are going" not in text and "toddler" not in text


def test_a_stranger_learns_of_a_members_meetup_only_kind_neighbourhood_and_weekday(client: FlaskClient) -> None:
    meetup = meetup_with_guests(title="Secret walk", visibility=Visibility.MEMBERS)
    answers = [client.get(f"/meetups/{meetup.public_id}/{rid}") for rid in (PAGE, "2026-12-01T1100")]
    assert {answer.location for answer in answers} == {f"/meetups/{meetup.public_id}"}
    text = client.get(f"/meetups/{meetup.public_id}").text
    for word in ("Stroller walk", "Riverdale", "Tuesday"):
        assert word in text
    for secret in (
        "T1000",
        "Secret walk",
        "Withrow",
        "10:00",
        "1 December",
        "Beatrice",
        "Red stroller",
        "Guest0",
        "Will you come",
    ):
        assert secret not in text
    sign_in(client, add_member("Ana"))
    text = page(client, meetup)
    # There is no public calendar of it to be led to.
    assert "Secret walk" in text and "/subscribe" not in text and 'href="/me/calendar"' in text


def test_guests_who_block_each_other_do_not_meet_in_the_list(client: FlaskClient) -> None:
    meetup = meetup_with_guests()
    ana, other = add_member("Ana"), add_member("Zoe")
    add_rsvp(first_date(meetup), ana)
    add_rsvp(first_date(meetup), other)
    add_block(other, ana)
    sign_in(client, ana)
    assert "Zoe" not in page(client, meetup)


def test_who_comes_is_told_to_members_as_children_from_three_families_up(client: FlaskClient) -> None:
    meetup, signed = add_meetup(add_member("Beatrice")), add_member("Ana")
    sign_in(client, signed)
    months = [[date(2026, 5, 1)], [date(2026, 4, 1), date(2024, 6, 1)], [date(2026, 3, 1)]]
    for number, born in enumerate(months):
        assert "babies" not in page(client, meetup) and "toddler" not in page(client, meetup)
        guest = add_member(f"Guest{number}")
        add_rsvp(first_date(meetup), guest, kids=[add_kid(guest, month) for month in born])
        db.session.commit()
    assert "Three babies 6-11 months, one toddler." in page(client, meetup)
    client.post("/signout")
    assert "Three babies" not in page(client, meetup)


def test_a_guest_behind_a_block_is_in_no_count(client: FlaskClient) -> None:
    meetup, ana = meetup_with_guests(guests=3), add_member("Ana")
    sign_in(client, ana)
    assert "3 families are going" in page(client, meetup)
    add_block(db.session.scalars(select(Rsvp)).first().member, ana)
    db.session.commit()
    assert "families are going" not in page(client, meetup)


def test_a_stranger_does_not_read_why_a_date_is_off(client: FlaskClient) -> None:
    meetup = meetup_with_guests()
    row = first_date(meetup)
    row.cancelled_at, row.cancel_reason = row.meetup.changed_at, "The twins have chickenpox"
    db.session.commit()
    assert "is cancelled" in page(client, meetup) and "chickenpox" not in page(client, meetup)


def test_a_meetup_leads_to_its_next_date(client: FlaskClient) -> None:
    meetup = add_meetup(
        dates=[TUESDAY - timedelta(days=14), TUESDAY, TUESDAY + timedelta(days=7)], rule="FREQ=WEEKLY;BYDAY=TU"
    )
    db.session.commit()
    assert client.get(f"/meetups/{meetup.public_id}").location.endswith(PAGE)


def test_a_dates_old_address_leads_to_the_next_date(client: FlaskClient) -> None:
    meetup = add_meetup()
    db.session.commit()
    answer = client.get(f"/meetups/{meetup.public_id}/2026-12-01T0900", follow_redirects=True)
    assert answer.status_code == 200 and answer.request.path.endswith(PAGE)


@pytest.mark.parametrize(
    "path", ["/meetups/nobody", "/meetups/nobody/2026-12-01T1000", "/meetups/x/y", "/places/nobody"]
)
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_costs_the_same_with_many_guests(client: FlaskClient) -> None:
    meetup = meetup_with_guests(guests=40)
    sign_in(client, meetup.host)
    with counted_queries() as queries:
        page(client, meetup)
    # Three are the map's, which are kept for a minute.
    assert len(queries) <= 17
    with counted_queries() as again:
        page(client, meetup)
    assert len(again) <= 14
