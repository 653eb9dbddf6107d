"""Hosting over HTTP: five fields, the rule in words, nothing typed lost, one meetup for two taps."""

import itertools
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select

from meetups.accounts.models import Member, SignIn
from meetups.accounts.sign_in import code_for
from meetups.clock import utcnow
from meetups.events import services
from meetups.events.models import Change, Meetup, Occurrence
from meetups.extensions import db
from tests.events.drafts import saved
from tests.factories import add_member, add_place, sign_in

FIVE = {"place": "Withrow Park", "date": "2026-12-01", "time": "10:00", "repeat": "weekly", "spot": "Red stroller"}


def filled(**changes: object) -> dict[str, object]:
    return FIVE | {"kind": "walk", "duration": "90", "ends": "never", "confirm": "1"} | changes


@pytest.fixture
def host(client: FlaskClient) -> Member:
    add_place()
    member = add_member("Beatrice")
    sign_in(client, member)
    return member


def meetup() -> Meetup:
    db.session.rollback()
    return db.session.scalars(select(Meetup)).one()


def dates() -> list[Occurrence]:
    return list(db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at)))


def test_five_fields_make_half_a_year_of_walks(client: FlaskClient, host: Member) -> None:
    page = client.post("/meetups/new", data=filled(), follow_redirects=True)
    assert "Posted." in page.text and "Stroller walk at Withrow Park" in page.text
    assert meetup().rule == "FREQ=WEEKLY;BYDAY=TU" and meetup().host_id == host.id
    starts = [row.recurrence_id for row in dates()]
    assert starts[0] == datetime(2026, 12, 1, 10) and len(starts) == 25
    assert {b - a for a, b in itertools.pairwise(starts)} == {timedelta(days=7)}


def test_only_how_to_be_found_is_left_to_say(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled())
    page = BeautifulSoup(client.get("/meetups/new").text, "html.parser")
    values = {name: page.select_one(f"[name={name}]").get("value") for name in ("place", "date", "time", "spot")}
    assert values == {"place": "Withrow Park", "date": "2026-11-25", "time": "10:00", "spot": ""}
    assert page.select_one("[name=repeat] [selected]")["value"] == "weekly"
    # Without scripts a ticked day would outlast a changed date.
    assert page.select("[name=weekdays][checked]") == []


def test_without_scripts_the_rule_is_said_before_it_is_posted(client: FlaskClient, host: Member) -> None:
    page = client.post("/meetups/new", data=filled(confirm="")).text
    assert "Every Tuesday at 10:00" in page and "Next: 1 Dec, 8 Dec, 15 Dec" in page
    assert db.session.scalar(select(func.count(Meetup.id))) == 0


def test_the_check_says_all_that_is_posted_and_the_bar_posts_it(client: FlaskClient, host: Member) -> None:
    page = BeautifulSoup(client.post("/meetups/new", data=filled(confirm="")).text, "html.parser")
    said = " ".join(page.select_one(".checked").text.split())
    for words in ("Stroller walk at Withrow Park", "10:00, 1 h 30 min", "All ages", "Find you: Red stroller"):
        assert words in said, said
    assert [button["name"] for button in page.select(".checked button")] == ["again"]
    assert [button["name"] for button in page.select(".actions button")] == ["confirm"]
    # With scripts `seen` goes along: to check again posts nothing.
    again = client.post("/meetups/new", data=filled(confirm="", seen="1", again="1")).text
    assert "Is this right?" in again and db.session.scalar(select(func.count(Meetup.id))) == 0


def test_what_is_posted_says_how_it_is_taken_back(client: FlaskClient, host: Member) -> None:
    page = client.post("/meetups/new", data=filled(), follow_redirects=True)
    assert "You can change or cancel it on this page." in page.text and "Cancel the series" in page.text


@pytest.mark.parametrize(
    ("typed", "words", "days"),
    [
        ({"repeat": "none"}, "Once, on Tuesday 1 December at 10:00", "1 Dec"),
        ({"repeat": "daily", "interval": "3"}, "Every third day at 10:00", "1 Dec, 4 Dec, 7 Dec"),
        (
            {"weekdays": ["1", "3"], "interval": "2"},
            "Every second week on Tuesday and Thursday at 10:00",
            "1 Dec, 3 Dec, 15 Dec",
        ),
        ({"repeat": "monthly_nth"}, "The first Tuesday of every month at 10:00", "1 Dec, 5 Jan, 2 Feb"),
        ({"repeat": "monthly_day", "date": "2026-12-31"}, "Day 31 of every month at 10:00", "31 Dec, 31 Jan, 31 Mar"),
        ({"ends": "count", "count": "2"}, "Every Tuesday at 10:00, 2 times", "1 Dec, 8 Dec"),
        ({"ends": "until", "until": "2026-12-08"}, "Every Tuesday at 10:00 until 8 December 2026", "1 Dec, 8 Dec"),
        ({"weekdays": ["4"]}, "Every Friday at 10:00", "4 Dec, 11 Dec, 18 Dec"),
    ],
)
def test_the_preview_says_every_kind_of_rule(
    client: FlaskClient, typed: dict[str, object], words: str, days: str
) -> None:
    answer = client.get("/meetups/preview", query_string=filled(**typed)).json
    assert answer == {"words": words, "next": days, "ages": "", "problem": "", "waiting": []}


def test_the_preview_says_when_a_date_is_over(client: FlaskClient) -> None:
    answer = client.get("/meetups/preview", query_string=filled(date="2026-11-01", repeat="none")).json
    assert answer["problem"] == "That time is over. Choose one to come." and not answer["words"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"place": "Atlantis"}, "place", "no park of that name"),
        ({"place": ""}, "place", "Choose a park"),
        ({"date": "2026-11-23", "repeat": "none"}, "date", "is over"),
        ({"date": "tomorrow"}, "date", ""),
        ({"date": "2027-03-14", "time": "02:30", "repeat": "none"}, "time", "clocks jump"),
        ({"spot": " "}, "spot", "how people will find you"),
        ({"spot": "x" * 161}, "spot", "At most 160"),
        ({"title": "x" * 81}, "title", "At most 80"),
        ({"capacity": "0"}, "capacity", "1 to 200"),
        ({"interval": "13"}, "interval", "1 to 12"),
        ({"ends": "until"}, "until", "last date"),
        ({"ends": "count"}, "count", "how many times"),
        ({"ends": "until", "until": "2026-11-30"}, "ends", "No date fits"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, host: Member, typed: dict[str, str], field: str, words: str
) -> None:
    answer = client.post("/meetups/new", data=filled(note="We walk slowly") | typed)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    error = (
        page.select_one(f"#{field}-error")
        or page.select_one(f"#{field}-0-error")
        or page.select_one(".wrong .field-error")
    )
    assert words in error.text
    assert page.select_one("[role=alert] a")["href"].startswith(f"#{field}")
    assert page.select_one("[name=note]").text.strip() == "We walk slowly"
    for name, value in typed.items():
        shown = page.select_one(f"[name={name}]")
        if shown.name == "input" and shown.get("type") != "radio":
            assert shown["value"].strip() == value.strip()
    assert db.session.scalar(select(func.count(Meetup.id))) == 0


def test_two_taps_post_one_meetup(client: FlaskClient, host: Member) -> None:
    first = client.post("/meetups/new", data=filled(form_key="a" * 22))
    second = client.post("/meetups/new", data=filled(form_key="a" * 22))
    assert first.location == second.location
    assert meetup()


def test_a_strangers_meetup_waits_for_her_code_and_is_posted_once(client: FlaskClient) -> None:
    add_place()
    db.session.commit()
    typed = filled(first_name="Ana", email="ana@example.org", form_key="b" * 22)
    assert client.post("/meetups/new", data=typed | {"email": "ana"}).status_code == 422
    code_page = client.post("/meetups/new", data=typed).location
    assert db.session.scalar(select(func.count(Meetup.id))) == 0
    own_id = db.session.scalars(select(SignIn.public_id)).one()
    page = client.post(code_page, data={"code": code_for(own_id)}, follow_redirects=True)
    assert "Posted." in page.text and meetup().host.first_name == "Ana"


def test_titles_are_cleaned_of_what_breaks_mails_and_reads_backwards(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(title="Walk\r\nBcc: x@example \u202egnp"))
    assert meetup().title == "Walk Bcc: x@example gnp"


def test_an_edit_is_said_first_and_keeps_what_a_date_changed_for_itself(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(repeat="weekly", ends="count", count="4"))
    services.move_date(dates()[1], datetime(2026, 12, 9, 15), utcnow())
    db.session.commit()
    path = f"/meetups/{meetup().public_id}/edit"
    change = filled(time="11:00", ends="count", count="4", confirm="")
    said = client.post(path, data=change).text
    assert "3 dates change" in said and "1 stays as it is" in said
    db.session.rollback()
    assert dates()[0].starts_at.hour == 15
    saved(client, path, change)
    db.session.rollback()
    local = [row.starts_at.hour - 5 for row in dates()]
    assert local == [11, 15, 11, 11]
    assert {row.revision for row in dates()} == {1}


def test_an_edit_to_another_day_moves_dates_with_their_answers(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(ends="count", count="3"))
    before = [row.id for row in dates()]
    change = filled(date="2026-12-03", weekdays=["3"], ends="count", count="3")
    saved(client, f"/meetups/{meetup().public_id}/edit", change)
    db.session.rollback()
    assert [row.id for row in dates()] == before
    assert [row.recurrence_id.day for row in dates()] == [3, 10, 17]
    assert db.session.scalar(select(func.count(Change.id))) == 3


def test_a_cancelled_date_stays_cancelled_when_the_hour_changes(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(ends="count", count="3"))
    services.cancel_date(dates()[1], "Flu", utcnow())
    db.session.commit()
    saved(client, f"/meetups/{meetup().public_id}/edit", filled(time="11:00", ends="count", count="3"))
    db.session.rollback()
    assert [bool(row.cancelled_at) for row in dates()] == [False, True, False]


def test_cancelling_a_date_and_the_series_is_a_fact_for_those_who_come(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled(ends="count", count="3"))
    path = f"/meetups/{meetup().public_id}"
    assert client.get(f"{path}/2026-12-08T1000/cancel").status_code == 200
    client.post(f"{path}/2026-12-08T1000/cancel", data={"reason": "Flu"})
    assert "Flu" in client.get(f"{path}/2026-12-08T1000").text
    client.post(f"{path}/cancel", data={"reason": "We move"})
    db.session.rollback()
    assert all(row.cancelled_at for row in dates()) and meetup().cancelled_at
    assert [row.cancel_reason for row in dates()] == ["We move", "Flu", "We move"]
    assert db.session.scalar(select(func.count(Change.id))) == 3
    assert meetup().sequence == 2


@pytest.mark.parametrize("what", ["edit", "cancel", "2026-12-01T1000/cancel", "2026-12-01T1000/move"])
def test_what_is_anothers_is_404(client: FlaskClient, host: Member, what: str) -> None:
    client.post("/meetups/new", data=filled())
    address = f"/meetups/{meetup().public_id}/{what}"
    sign_in(client, add_member("Zoe"))
    assert client.get(address).status_code == 404
    assert client.post(address, data=filled(reason="x")).status_code == 404


def test_rolling_forward_adds_each_date_once_and_ends_with_the_rule(client: FlaskClient, host: Member) -> None:
    client.post("/meetups/new", data=filled())
    before = len(dates())
    assert services.roll_forward(utcnow()) == 0
    later = utcnow() + timedelta(weeks=4)
    assert services.roll_forward(later) == 1 and services.roll_forward(later) == 0
    assert len(dates()) == before + 4
    assert len({row.recurrence_id for row in dates()}) == before + 4
    # In the index of their ids they lie beside each other, and are told apart by far more than anybody can guess.
    ids = [row.uid for row in dates()]
    assert {uid[:8] for uid in ids} == {meetup().public_id[:8]}
    assert {len(uid) for uid in ids} == {22} and len({uid[8:] for uid in ids}) == len(ids)
