"""What a date had for itself and its host now says of more dates: whoever comes hears of that too."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from meetups.events import exceptions, services
from meetups.events.models import Change, ChangeKind, Meetup
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.extensions import db
from meetups.mail.models import OutboxMail
from meetups.rsvps.changes import handle_changes
from tests.conftest import NOW
from tests.events.drafts import a_draft, dates_of
from tests.events.test_scopes import date_page
from tests.events.test_undo import MINUTE
from tests.factories import add_member, add_place, add_rsvp, sign_in

WIDER = pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])


@pytest.fixture
def meetup(client: FlaskClient) -> Meetup:
    return services.host(add_member("Beatrice"), a_draft(add_place(), capacity=5), NOW)


def mails(template: str) -> list[str]:
    return list(db.session.scalars(select(OutboxMail.rcpt).where(OutboxMail.template == template)))


@WIDER
def test_a_sign_of_its_own_given_back_is_news(client: FlaskClient, meetup: Meetup, scope: Scope) -> None:
    third, ana = dates_of(meetup)[2], add_member("Ana")
    exceptions.edit_date(third, replace(draft_of_date(third), spot="By the swings"), NOW)
    handle_changes(NOW + 11 * MINUTE)
    add_rsvp(third, ana)
    sign_in(client, meetup.host)
    path = f"/meetups/{meetup.public_id}/2026-12-15T1000/edit"
    page = client.post(path, data=date_page(client, third, scope=scope, spot="Red stroller")).text
    text = " ".join(BeautifulSoup(page, "html.parser").select_one(".checked").text.split())
    assert "1 date changes, " in text and "1 family will be told." in text
    _, effect = edit_as(scope, third, replace(draft_of_date(third), spot="Red stroller"), NOW + 20 * MINUTE)
    assert effect.changed == 1 and third.spot == "Red stroller"
    handle_changes(NOW + 31 * MINUTE)
    assert mails("changed") == [ana.email]


@WIDER
def test_a_number_of_its_own_given_back_lets_in_whoever_waits(meetup: Meetup, scope: Scope) -> None:
    second, third, *_ = dates_of(meetup)[1:]
    exceptions.edit_date(third, replace(draft_of_date(third), capacity=1), NOW)
    handle_changes(NOW + 11 * MINUTE)
    add_rsvp(third, add_member("Ana"))
    waits = add_rsvp(third, add_member("Bea"), "waiting")
    edit_as(scope, third, replace(draft_of_date(third), capacity=5), NOW + 20 * MINUTE)
    room = select(Change.occurrence_id).where(Change.kind == ChangeKind.ROOM, Change.handled_at.is_(None))
    assert db.session.scalars(room).all() == [third.id] and second.capacity == 5
    handle_changes(NOW + 31 * MINUTE)
    assert waits.answer == "going" and mails("promoted") == [waits.member.email]
