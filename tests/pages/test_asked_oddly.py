"""Addresses that no page of ours has made: what somebody may not see is in none of their answers."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from meetups.domain.zones import to_utc
from meetups.events.models import Visibility
from meetups.extensions import db
from tests.factories import TORONTO, TUESDAY, add_block, add_meetup, add_member, add_place, sign_in


def found(client: FlaskClient, address: str) -> list[str]:
    """The titles that an address finds; what is shown in their stead, where there are none, is not among them."""
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [] if page.select_one(".empty") else [link.text for link in page.select(".list h3 a")]


@pytest.mark.parametrize("who", ["stranger", "blocked"])
@pytest.mark.parametrize("page", ["1.{}-{}", "{}-{}~aaaaaa&order=best"])
def test_a_page_after_what_one_may_not_see_does_not_say_when_it_is(client: FlaskClient, who: str, page: str) -> None:
    open_one = add_meetup(title="Open walk", place=add_place())
    hidden = add_meetup(add_member("Beatrice"), open_one.place, title="Hidden walk")
    if who == "stranger":
        hidden.visibility = Visibility.MEMBERS
    else:
        zoe = add_member("Zoe")
        add_block(hidden.host, zoe)
        sign_in(client, zoe)
    db.session.commit()
    at = int(to_utc(TUESDAY, TORONTO).timestamp())
    answers = [
        found(client, f"/?page={page.format(at, meetup_id)}") for meetup_id in (hidden.public_id, "nothing-there")
    ]
    assert answers[0] == answers[1] != ["Hidden walk"]
