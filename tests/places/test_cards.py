"""A place's card: what is known, by whom it is told, how it is confirmed, corrected and asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.extensions import db, may_write
from meetups.places import services
from meetups.places.models import LAP, Amenity, Place, PlaceAmenity
from meetups.places.routes import TOO_MANY_WORDS, WORDS_AN_HOUR
from tests.conftest import NOW, counted_queries
from tests.factories import TUESDAY, add_block, add_meetup, add_member, add_place, add_rsvp, first_date, sign_in

DAY = timedelta(days=1)
ENDED = NOW + 7 * DAY + timedelta(hours=3)


def soup(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def line(client: FlaskClient, place: Place, amenity: str) -> str:
    row = soup(client, f"/places/{place.public_id}").find(id=amenity)
    return " ".join(row.get_text(" ").split()) if row else ""


def tell(client: FlaskClient, place: Place, say: str, **more: str) -> Any:
    return client.post(f"/places/{place.public_id}/say", data={"say": say, **more})


def as_one(client: FlaskClient, place: Place, say: str, name: str = "Mom") -> Member:
    member = add_member(name)
    sign_in(client, member)
    assert tell(client, place, say).status_code == 302
    return member


def state(place: Place, amenity: str) -> tuple[bool, int, int] | None:
    db.session.expire_all()
    row = db.session.get(PlaceAmenity, (place.id, amenity))
    return row and (row.present, row.yes, row.no)


def found(client: FlaskClient, has: str) -> list[str]:
    return [one["properties"]["title"] for one in client.get(f"/browse.geojson?has={has}").json["features"]]  # type: ignore[index]


def test_what_nobody_has_told_is_unknown_and_neither_yes_nor_no(client: FlaskClient) -> None:
    place = add_place()
    db.session.commit()
    page = soup(client, f"/places/{place.public_id}").text
    assert "Nobody has told us yet what there is" in page and "fence, shade, toilets" in page
    assert "Fence: no" not in page and not soup(client, f"/places/{place.public_id}").select("button[name=say]")


def test_one_tap_tells_and_the_page_says_when_but_never_who(client: FlaskClient, clock: Any) -> None:
    place = add_place()
    clock.move_to(NOW - 40 * DAY)
    as_one(client, place, "fence:yes", "Philippa")
    clock.move_to(NOW)
    ana = add_member("Ana")
    db.session.commit()
    for reader in (None, ana):
        other = client.application.test_client()
        if reader:
            sign_in(other, reader)
        assert "Fence: yes checked by a mom in October" in line(other, place, "fence")
        text = other.get(f"/places/{place.public_id}").text
        assert "Philippa" not in text and "15 October" not in text


def test_what_only_a_file_tells_says_so(client: FlaskClient) -> None:
    place = add_place()
    place.amenities.append(PlaceAmenity(amenity="shade", present=True, told=True, source="City"))
    db.session.commit()
    assert line(client, place, "shade") == "Shade: yes not checked by a mom yet"


def test_where_mothers_disagree_both_are_told(client: FlaskClient) -> None:
    place = add_place()
    for word in ("yes", "no", "yes", "yes"):
        as_one(client, place, f"fence:{word}")
    assert "Fence: 3 say yes, 1 says no" in line(client, place, "fence")
    assert state(place, "fence") == (True, 3, 1)
    add_meetup(title="At the fence", place=place)
    db.session.commit()
    assert found(client, has="fence") == ["At the fence"]
    as_one(client, place, "fence:no")
    as_one(client, place, "fence:no")
    assert state(place, "fence") == (False, 3, 3)
    assert found(client, has="fence") == []


def test_one_member_has_one_word_which_she_may_change_and_take_back(client: FlaskClient) -> None:
    place = add_place()
    as_one(client, place, "swings:yes")
    tell(client, place, "swings:yes")
    assert state(place, "swings") == (True, 1, 0)
    pressed = soup(client, f"/places/{place.public_id}").select("#swings [aria-pressed=true]")
    assert [(button.text.split()[-1], button["value"]) for button in pressed] == [("Yes", "swings:back")]
    tell(client, place, "swings:no")
    assert state(place, "swings") == (False, 0, 1)
    tell(client, place, "swings:back")
    assert state(place, "swings") is None
    assert "Swings:" not in line(client, place, "swings").replace("Swings: Yes", "").replace("Swings: No", "")


def test_a_word_taken_back_leaves_what_a_file_tells(client: FlaskClient) -> None:
    place = add_place()
    place.amenities.append(PlaceAmenity(amenity="shade", present=True, told=True, source="City"))
    db.session.commit()
    as_one(client, place, "shade:no")
    assert state(place, "shade") == (False, 0, 1)
    tell(client, place, "shade:back")
    assert state(place, "shade") == (True, 0, 0)


def test_how_long_a_lap_takes_is_told_in_minutes_and_metres(client: FlaskClient) -> None:
    place = add_place()
    as_one(client, place, "lap:", "Ana")
    assert state(place, LAP) is None
    as_one(client, place, "lap:")
    tell(client, place, "lap:", lap="15")
    assert "A lap: about 15 min behind a pram, 1 km" in line(client, place, "lap")
    as_one(client, place, "lap:")
    tell(client, place, "lap:", lap="60")
    assert "A lap: 15 to 60 min behind a pram: mothers disagree" in line(client, place, "lap")
    tell(client, place, "lap:", lap="")
    assert "about 15 min" in line(client, place, "lap")


@pytest.mark.parametrize("say", ["", "fence", "fence:perhaps", "moat:yes", "lap:yes", ":", "fence:yes:no"])
def test_what_no_button_says_changes_nothing(client: FlaskClient, say: str) -> None:
    place = add_place()
    as_one(client, place, say)
    assert db.session.scalars(db.select(PlaceAmenity)).all() == []


def test_only_members_tell_and_not_without_end(client: FlaskClient) -> None:
    place = add_place()
    db.session.commit()
    assert tell(client, place, "fence:yes").location.startswith("/signin")
    assert state(place, "fence") is None
    as_one(client, place, "fence:yes")
    for _ in range(WORDS_AN_HOUR - 1):
        tell(client, place, "fence:yes")
    answer = client.post(f"/places/{place.public_id}/say", data={"say": "shade:yes"}, follow_redirects=True)
    assert TOO_MANY_WORDS in answer.text and state(place, "shade") is None
    assert client.post("/places/nobody/say", data={"say": "fence:yes"}).status_code == 404


def test_a_blocked_members_word_counts_for_all_alike(client: FlaskClient) -> None:
    """Else what the two read of one park would tell of the block."""
    place = add_place()
    told = as_one(client, place, "fence:yes")
    reader = add_member("Ana")
    add_block(reader, told)
    db.session.commit()
    sign_in(client, reader)
    assert "Fence: yes checked by a mom" in line(client, place, "fence")


def test_coming_dates_are_those_that_the_reader_may_see(client: FlaskClient) -> None:
    place, host, ana = add_place(), add_member("Host"), add_member("Ana")
    add_meetup(title="For all", place=place)
    add_meetup(host, title="Of one she blocked", place=place)
    add_meetup(title="For members", place=place, visibility="members")
    for number in range(12):
        add_meetup(title="Next door", place=add_place(f"Next door {number}"), starts=TUESDAY - timedelta(hours=number))
    add_block(ana, host)
    db.session.commit()

    def coming() -> set[str]:
        return {h3.text for h3 in soup(client, f"/places/{place.public_id}").select("article h3")}

    assert coming() == {"For all", "Of one she blocked"}
    sign_in(client, ana)
    assert coming() == {"For all", "For members"}


def test_a_page_costs_the_same_however_much_is_known(client: FlaskClient) -> None:
    place, ana = add_place(), add_member("Ana")
    for number in range(8):
        add_meetup(place=place, starts=TUESDAY + timedelta(hours=number))
    for amenity in Amenity:
        place.amenities.append(PlaceAmenity(amenity=amenity, present=True, told=True, source="City"))
    sign_in(client, ana)
    with counted_queries() as queries:
        assert client.get(f"/places/{place.public_id}").status_code == 200
    assert len(queries) <= 14, queries
    other = client.application.test_client()
    with counted_queries() as queries:
        assert other.get(f"/places/{place.public_id}").status_code == 200
    assert len(queries) <= 5, queries


def question(client: FlaskClient, path: str) -> str | None:
    form = soup(client, path).select_one("form.notice[action^='/places/']")
    return form and form.span.text


def test_who_was_there_is_asked_one_short_question_and_not_again(client: FlaskClient, clock: Any) -> None:
    meetup, ana, zoe = add_meetup(), add_member("Ana"), add_member("Zoe")
    date = f"/meetups/{meetup.public_id}/2026-12-01T1000"
    add_rsvp(first_date(meetup), ana)
    sign_in(client, ana)
    assert question(client, date) is None and question(client, "/mine") is None
    clock.move_to(ENDED)
    assert question(client, date) == question(client, "/mine") == "Is the playground at Withrow Park fenced?"
    sign_in(client, zoe)
    assert question(client, date) is None and question(client, "/mine") is None
    sign_in(client, meetup.host)
    assert question(client, date) == question(client, "/mine") == "Is the playground at Withrow Park fenced?"
    sign_in(client, ana)
    answer = client.post(f"/places/{meetup.place.public_id}/say", data={"say": "fence:unsure", "next": "/mine"})
    assert answer.location == "/mine" and state(meetup.place, "fence") is None
    assert question(client, date) is None and question(client, "/mine") is None
    # Somebody else's place is not asked about on her page either, nor is one a week ago.
    clock.move_to(ENDED + 8 * DAY)
    sign_in(client, meetup.host)
    assert question(client, date) is None and question(client, "/mine") is None


def test_the_next_time_something_else_is_asked(client: FlaskClient, clock: Any) -> None:
    meetup, ana = add_meetup(dates=[TUESDAY, TUESDAY + 7 * DAY]), add_member("Ana")
    for date in db.session.scalars(db.select(type(first_date(meetup))).filter_by(meetup_id=meetup.id)):
        add_rsvp(date, ana)
    sign_in(client, ana)
    clock.move_to(ENDED)
    tell(client, meetup.place, "fence:yes")
    assert question(client, "/mine") is None
    clock.move_to(ENDED + 7 * DAY)
    assert question(client, "/mine") == "Is there shade at Withrow Park?"


def test_nobody_is_asked_about_a_date_that_was_cancelled_or_that_she_missed(client: FlaskClient, clock: Any) -> None:
    meetup, ana, zoe = add_meetup(), add_member("Ana"), add_member("Zoe")
    add_rsvp(first_date(meetup), ana)
    add_rsvp(first_date(meetup), zoe, "not_going")
    clock.move_to(ENDED)
    sign_in(client, zoe)
    assert question(client, "/mine") is None
    first_date(meetup).cancelled_at = NOW
    sign_in(client, ana)
    assert question(client, "/mine") is None
    assert question(client, f"/meetups/{meetup.public_id}/2026-12-01T1000") is None


def test_of_many_who_tell_at_once_no_word_is_lost(app: Flask) -> None:
    place, tellers = add_place(), [add_member().id for _ in range(12)]
    start, place_id = Barrier(len(tellers)), place.id
    db.session.commit()

    def tell_at_once(number: int) -> None:
        may_write.set(True)
        with app.app_context():
            here, who = db.session.get_one(Place, place_id), db.session.get_one(Member, tellers[number])
            db.session.rollback()
            start.wait()
            services.say(here, who, "fence", number % 3 > 0, NOW)
            db.session.commit()

    with ThreadPoolExecutor(len(tellers)) as pool:
        list(pool.map(tell_at_once, range(len(tellers))))
    db.session.rollback()
    assert state(db.session.get_one(Place, place_id), "fence") == (True, 8, 4)


def test_a_lap_that_somebody_newer_has_outlived_counts_no_more(client: FlaskClient) -> None:
    place = add_place()
    services.say_lap(place, add_member("Ana"), 60, NOW - timedelta(days=1000))
    services.say_lap(place, add_member("Bea"), 10, NOW)
    db.session.commit()
    row = db.session.get_one(PlaceAmenity, (place.id, "lap"))
    assert (row.yes, row.least, row.most) == (1, 10, 10)
