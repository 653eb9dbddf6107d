"""My meetups."""

from datetime import timedelta

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from tests.conftest import NOW, counted_queries
from tests.factories import TUESDAY, add_meetup, add_member, add_rsvp, first_date, sign_in


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: FlaskClient) -> None:
    assert client.get("/mine").location == "/signin?next=/mine"


def test_the_next_one_is_large_and_the_rest_follow_by_date(client: FlaskClient) -> None:
    ana = add_member("Ana")
    for title, days, answer in (
        ("Later", 7, "going"),
        ("Next", 1, "going"),
        ("Perhaps", 3, "maybe"),
        ("Not", 2, "not_going"),
    ):
        add_rsvp(first_date(add_meetup(title=title, starts=TUESDAY + timedelta(days=days))), ana, answer)
    sign_in(client, ana)
    page = BeautifulSoup(client.get("/mine").text, "html.parser")
    assert page.select_one(".hero h2").text == "Next"
    assert [link.text for link in page.select(".list h3")] == ["Perhaps", "Later"]


def test_a_host_sees_who_comes(client: FlaskClient) -> None:
    host = add_member("Beatrice")
    meetup = add_meetup(host, title="My walk")
    add_rsvp(first_date(meetup), add_member("Ana"))
    sign_in(client, host)
    text = client.get("/mine").text
    assert "You are hosting" in text and "My walk" in text and "Ana" in text


def test_what_she_hosts_in_the_coming_days_comes_before_what_she_answered(client: FlaskClient) -> None:
    ana = add_member("Ana")
    soon, later = NOW + timedelta(days=2), NOW + timedelta(days=5)
    for title, host, starts in (("Mine soon", ana, soon), ("Mine later", ana, later), ("Hers", None, soon)):
        date = first_date(add_meetup(host, title=title, starts=starts.replace(tzinfo=None)))
        if host is None:
            add_rsvp(date, ana, "maybe")
    sign_in(client, ana)
    page = BeautifulSoup(client.get("/mine").text, "html.parser")
    assert [link.text for link in page.select(".list h3")] == ["Mine soon", "Hers", "Mine later"]
    assert [head.text for head in page.select("main h2")] == ["You are hosting", "Coming up", "You are hosting later"]


def test_what_begins_first_comes_first_whether_she_goes_or_hosts(client: FlaskClient) -> None:
    ana = add_member("Ana")
    for title, days in (("Mine tomorrow", 1), ("Mine on Friday", 2)):
        add_meetup(ana, title=title, starts=(NOW + timedelta(days=days)).replace(tzinfo=None))
    add_rsvp(first_date(add_meetup(title="Hers", starts=(NOW + timedelta(days=1.5)).replace(tzinfo=None))), ana)
    sign_in(client, ana)
    page = BeautifulSoup(client.get("/mine").text, "html.parser")
    heads = [head.text for head in page.select("main h2, .list h3")]
    assert heads == ["You are hosting", "Mine tomorrow", "Hers", "Then you are hosting", "Mine on Friday"]


def test_each_family_is_a_line_and_who_is_asked_again_is_counted(client: FlaskClient) -> None:
    host = add_member("Beatrice")
    date = first_date(add_meetup(host))
    for name in ("Ana", "Zoe", "Mia"):
        heard = date.starts_at - timedelta(hours=0 if name == "Mia" else 1)
        add_rsvp(date, add_member(name), for_starts=heard)
    sign_in(client, host)
    page = BeautifulSoup(client.get("/mine").text, "html.parser")
    assert [line.text.split()[0] for line in page.select("[aria-label=Coming] li")] == ["Ana", "Zoe", "Mia"]
    assert page.text.count("not confirmed since it moved") == 1 and "2 of 3 not confirmed since it moved" in page.text


def test_the_page_costs_the_same_with_many_meetups(client: FlaskClient) -> None:
    ana = add_member("Ana")
    for number in range(15):
        add_rsvp(first_date(add_meetup(starts=TUESDAY + timedelta(hours=number))), ana)
        add_rsvp(first_date(add_meetup(ana, starts=TUESDAY + timedelta(hours=number))), add_member("Zoe"))
    sign_in(client, ana)
    with counted_queries() as queries:
        assert client.get("/mine").status_code == 200
    # The tenth asks where she was lately.
    assert len(queries) <= 10
