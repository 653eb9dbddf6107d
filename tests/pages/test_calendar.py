"""A search as a week and as a month: the same dates as in the list, day by day, as far as dates are made."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from meetups.domain.nearness import Point
from meetups.events import spread as spreading
from meetups.events.models import Visibility
from meetups.extensions import db
from tests.conftest import counted_queries
from tests.factories import TUESDAY, WITHROW, add_block, add_meetup, add_member, add_place, first_date, sign_in

NEAR = "43.675,-79.348"
# conftest's NOW is Tuesday 24 November 2026.
NEXT_WEEK = "day=2026-12-02"


def soup(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return BeautifulSoup(answer.text, "html.parser")


def week(client: FlaskClient, address: str) -> dict[str, list[str]]:
    """The titles of each day that is not over, by its name."""
    days = soup(client, address).select(".day:not(.past)")
    return {day.h2.text.strip(): [link.text for link in day.select(".date a")] for day in days}  # type: ignore[union-attr]


def cell(client: FlaskClient, address: str, day: int) -> Tag:
    cells = soup(client, address).select(".month td")
    return next(one for one in cells if one.b and one.b.text == str(day))


def test_a_week_has_seven_days_each_with_its_dates(client: FlaskClient) -> None:
    add_meetup(title="Walk", place=add_place("Withrow Park", WITHROW))
    add_meetup(title="Later that day", starts=TUESDAY + timedelta(hours=5))
    add_meetup(title="Sunday", starts=TUESDAY + timedelta(days=5))
    add_meetup(title="Next Monday", starts=TUESDAY + timedelta(days=6))
    db.session.commit()
    page = soup(client, f"/week?near={NEAR}&{NEXT_WEEK}")
    assert page.select_one("h1").text == "Week of 30 November"  # type: ignore[union-attr]
    found = week(client, f"/week?near={NEAR}&{NEXT_WEEK}")
    assert [day.split()[0] for day in found] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
    assert [len(titles) for titles in found.values()] == [0, 2, 0, 0, 0, 0, 1]
    assert found["Tuesday 1 Dec"] == ["Walk", "Later that day"]
    assert "Withrow Park · 5 min walk" in page.text
    # An empty day leads to a form for that day, near here.
    (host, *_) = [link["href"] for link in page.select(".day p a") if "/meetups/new" in link["href"]]
    form = soup(client, str(host))
    assert form.select_one("#date")["value"] == "2026-11-30"  # type: ignore[index]
    assert form.select_one("#place")["value"].startswith("Withrow Park")  # type: ignore[index,union-attr]


def test_this_week_begins_on_monday_and_its_past_is_quiet(client: FlaskClient) -> None:
    add_meetup(title="Yesterday", starts=TUESDAY - timedelta(days=8))
    add_meetup(title="This morning, begun", starts=TUESDAY - timedelta(days=7, hours=3))
    add_meetup(title="Today", starts=TUESDAY - timedelta(days=7))
    db.session.commit()
    page = soup(client, "/week")
    assert page.select_one("h1").text == "This week"  # type: ignore[union-attr]
    assert [day.h2.text.strip() for day in page.select(".day.past")] == ["Mon 23 Nov"]
    assert "Host one" not in page.select_one(".day.past").text  # type: ignore[union-attr]
    assert page.select_one(".day [aria-current=date]").text.strip() == "Tuesday 24 Nov"  # type: ignore[union-attr]
    assert [titles for titles in week(client, "/week").values() if titles] == [["Today"]]
    assert [link["href"] for link in page.select("[aria-label='Other weeks'] a")] == ["/week?day=2026-11-30"]


@pytest.mark.parametrize("view", ["week", "month"])
def test_one_can_turn_as_far_as_dates_are_made_and_back(client: FlaskClient, view: str) -> None:
    address, seen = f"/{view}?near={NEAR}&kind=walk", list[str]()
    while address:
        page = soup(client, address)
        seen.append(page.select_one("h1").text)  # type: ignore[union-attr]
        links = page.select(f"[aria-label='Other {view}s'] a")
        later = [str(link["href"]) for link in links if "Later" in link.text]
        assert all("kind=walk" in one and "near=43.675" in one for one in later)
        address = later[0] if later else ""
        assert len(seen) < 40
    # 24 November and 26 weeks are 25 May, a Tuesday.
    assert (len(seen), seen[-1]) == {"week": (27, "Week of 24 May"), "month": (7, "May 2027")}[view]
    for far in ("2020-01-01", "2100-12-31", "x", "0001-01-01", "9999-12-31"):
        assert soup(client, f"/{view}?day={far}").select_one("h1").text in (seen[0], seen[-1])  # type: ignore[union-attr]


def test_a_month_is_a_table_whose_days_lead_to_their_lists(client: FlaskClient) -> None:
    for hour in range(5):
        add_meetup(title=f"Walk {hour}", starts=TUESDAY + timedelta(hours=hour))
    db.session.commit()
    page = soup(client, f"/month?near={NEAR}&day=2026-12-01")
    assert [head["scope"] for head in page.select("thead th")] == ["col"] * 7
    assert page.select_one("thead abbr")["title"] == "Monday"  # type: ignore[index]
    rows = [[one.b.text if one.b else "" for one in row.select("td")] for row in page.select("tbody tr")]
    assert rows[0] == ["", "1", "2", "3", "4", "5", "6"] and rows[-1] == ["28", "29", "30", "31", "", "", ""]
    first = cell(client, f"/month?near={NEAR}&day=2026-12-01", 1)
    assert first.a.text.split() == ["1", "December:", "5", "meetups"]  # type: ignore[union-attr]
    assert [item.text for item in first.select("li")] == [f"{10 + n}:00 Walk {n}, Withrow Park" for n in range(3)]
    assert first.select_one("i").text == "5"  # type: ignore[union-attr]
    assert first.a["href"] == "/?near=43.675,-79.348&day=2026-12-01"  # type: ignore[index]
    assert len(soup(client, str(first.a["href"])).select(".list h3")) == 5  # type: ignore[index]
    empty = cell(client, f"/month?near={NEAR}&day=2026-12-01", 2)
    assert "host one" in empty.text and empty.a["href"].startswith("/meetups/new?date=2026-12-02")  # type: ignore[index,union-attr]
    # What is over, and what no date is made for, leads nowhere.
    assert cell(client, "/month", 23).a is None and cell(client, "/month", 24)["aria-current"] == "date"
    assert cell(client, "/month?day=2027-05-20", 26).a is None


@pytest.mark.parametrize("view", ["week", "month"])
def test_filters_places_and_what_one_may_see_are_those_of_the_list(client: FlaskClient, view: str) -> None:
    host, ana = add_member("Beatrice"), add_member("Ana")
    add_meetup(host, title="Open")
    add_meetup(host, title="For members", visibility=Visibility.MEMBERS)
    add_meetup(host, title="Coffee", kind="coffee")
    add_meetup(title="Too far", place=add_place("Far Park", Point(43.70, -79.30)))
    off = add_meetup(title="Off")
    first_date(off).cancelled_at = off.created_at
    db.session.commit()

    def shown(address: str) -> set[str]:
        text = client.get(address).text
        return {title for title in ("Open", "For members", "Coffee", "Too far", "Off<") if title in text}

    here = f"/{view}?near={NEAR}&day=2026-12-01"
    assert shown(here) == {"Open", "Coffee"} and shown(f"{here}&kind=coffee") == {"Coffee"}
    assert shown(f"/{view}?day=2026-12-01") == {"Open", "Coffee", "Too far"} or view == "month"
    assert host.first_name not in client.get(here).text
    sign_in(client, ana)
    assert "For members" in shown(here)
    add_block(ana, host)
    db.session.commit()
    assert shown(here) == set()


def test_a_day_belongs_to_where_one_looks_also_when_the_clocks_change(client: FlaskClient) -> None:
    # 23:30 on 14 March 2027 in Toronto, where clocks went forward that morning, is the 15th in UTC.
    add_meetup(title="Late", starts=datetime(2027, 3, 14, 23, 30))
    db.session.commit()
    assert week(client, f"/week?near={NEAR}&day=2027-03-14")["Sunday 14 Mar"] == ["Late"]
    assert "23:30 Late" in cell(client, f"/month?near={NEAR}&day=2027-03-01", 14).text


def test_where_nothing_is_left_of_a_week_the_next_that_has_something_is_one_tap_away(
    client: FlaskClient,
) -> None:
    add_meetup(title="In a fortnight", starts=TUESDAY + timedelta(days=8))
    db.session.commit()
    for empty in ("", f"&{NEXT_WEEK}"):
        (lead,) = [
            link for link in soup(client, f"/week?near={NEAR}{empty}").select("a") if "The next one" in link.text
        ]
        assert lead.text.strip() == "The next one: Wednesday 9 December"
    full = soup(client, str(lead["href"]))
    assert "In a fortnight" in full.text and "The next one" not in full.text
    assert "The next one" not in soup(client, f"/week?near={NEAR}&day=2026-12-16").text


def test_nobody_is_asked_to_host_at_a_time_that_is_over(client: FlaskClient, clock: time_machine.Traveller) -> None:
    add_meetup(starts=TUESDAY + timedelta(days=20))
    db.session.commit()

    def hosts() -> list[str]:
        return [str(link["href"]) for link in soup(client, "/week").select(".day p a") if "Host one" in link.text]

    assert "2026-11-24" in hosts()[0]
    clock.move_to(datetime(2026, 11, 24, 20, 5, tzinfo=UTC))
    # In Toronto it is five past three: the usual ten o'clock is over.
    assert soup(client, hosts()[0]).select_one("#time")["value"] == "16:00"  # type: ignore[index]
    clock.move_to(datetime(2026, 11, 25, 0, 30, tzinfo=UTC))
    assert "2026-11-25" in hosts()[0]


@pytest.mark.parametrize("many", [3, 60])
def test_the_number_of_queries_is_flat(client: FlaskClient, many: int) -> None:
    place = add_place()
    for number in range(many):
        add_meetup(add_member("Host"), place=place, starts=TUESDAY + timedelta(hours=number))
    db.session.commit()
    for view in ("week", "month"):
        with counted_queries() as seen:
            assert client.get(f"/{view}?near={NEAR}&{NEXT_WEEK}").status_code == 200
        # The places of the circle, the days, and what the neighbourhood is called.
        assert len(seen) == 3, seen
    sign_in(client, add_member("Ana"))
    with counted_queries() as seen:
        client.get(f"/week?near={NEAR}&{NEXT_WEEK}")
    # Who she is, her children, her answers, whom she is not shown.
    assert len(seen) == 8


def test_a_town_with_more_than_we_count_does_not_call_its_days_empty(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "STRIP_ROWS", 4)
    for day in (0, 0, 1, 1, 1, 2):
        add_meetup(starts=TUESDAY + timedelta(days=day))
    db.session.commit()
    page = soup(client, f"/week?near={NEAR}&{NEXT_WEEK}")
    days = {day.h2.text.split()[0]: day.text for day in page.select(".day")}  # type: ignore[union-attr]
    assert "Nothing yet" in days["Monday"] and "All of this day" not in days["Tuesday"]
    assert all("All of this day" in days[day] for day in ("Wednesday", "Thursday", "Sunday"))
    assert not any("Nothing yet" in days[day] for day in ("Wednesday", "Thursday", "Sunday"))
    assert "many meetups" in cell(client, f"/month?near={NEAR}&{NEXT_WEEK}", 4).text


def test_the_three_looks_lead_to_each_other(client: FlaskClient) -> None:
    asked = f"near={NEAR}&within=1600&age=3&kind=walk&has=fence&{NEXT_WEEK}"
    for address in ("/", "/week", "/month"):
        page = soup(client, f"{address}?{asked}")
        links = page.select("[aria-label='Another look'] a")
        looks = {"Map and list": "/?", "Week": "/week?", "Month": "/month?"}
        # The list has its map beside it, and says of itself no more than that.
        here = {link.text.strip(): link for link in links}
        assert set(looks) - set(here) == ({"Map and list"} if address == "/" else set())
        assert [link.get("aria-current") for link in links].count("page") == (address != "/")
        for words, link in here.items():
            path = looks[words]
            assert (
                link["href"]
                == f"{path}{asked.replace('&age=3&kind=walk&has=fence&' + NEXT_WEEK, '')}&age=3&kind=walk&{NEXT_WEEK}&has=fence"
            )


def test_a_month_of_which_nothing_is_left_leads_to_the_next_that_has_something(client: FlaskClient) -> None:
    add_meetup(title="After the holidays", starts=TUESDAY + timedelta(weeks=6))
    db.session.commit()
    (lead,) = [link for link in soup(client, f"/month?near={NEAR}").select("a") if "The next one" in link.text]
    assert lead.text.strip() == "The next one: Tuesday 12 January"
    assert "After the holidays" in client.get(str(lead["href"])).text
    assert "The next one" not in client.get(str(lead["href"])).text
