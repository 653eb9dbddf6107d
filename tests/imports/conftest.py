"""Who brings calendars in."""

import pytest
from flask.testing import FlaskClient

from meetups.accounts.models import Member
from meetups.domain.nearness import Point
from tests.factories import add_member, add_place, sign_in


@pytest.fixture
def host(client: FlaskClient) -> Member:
    member = add_member("Ana")
    add_place("Withrow Park")
    add_place("Pape Library", Point(43.6690, -79.3430))
    sign_in(client, member)
    return member
