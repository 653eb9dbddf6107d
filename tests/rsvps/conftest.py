"""A weekly walk with room for one family."""

import pytest
from flask import Flask

from meetups.events import services
from meetups.events.models import Meetup, Occurrence
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.factories import add_member, add_place


@pytest.fixture
def meetup(app: Flask) -> Meetup:
    return services.host(add_member("Beatrice"), a_draft(add_place(), capacity=1), NOW)


@pytest.fixture
def date(meetup: Meetup) -> Occurrence:
    return dates_of(meetup)[0]
