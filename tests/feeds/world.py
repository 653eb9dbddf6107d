"""One meetup in every kind of feed, and all that may happen to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete

from meetups.accounts.models import Block, Member
from meetups.clock import utcnow
from meetups.domain.capacity import Answer
from meetups.events import editing, renamed, services
from meetups.events.models import Meetup, Visibility
from meetups.events.scopes import Scope, draft_of_date, edit_as
from meetups.events.search import Search
from meetups.extensions import db
from meetups.feeds import answers
from meetups.feeds.services import add_feed, save
from meetups.places import importer
from meetups.places.models import Place, PlaceAmenity
from meetups.places.records import PlaceRecord
from meetups.rsvps.services import answer
from tests.events.drafts import a_draft
from tests.factories import TUESDAY, WITHROW, add_block, add_meetup, add_member, add_place
from tests.feeds.hosting import address_of, dates, host

FENCED = {"near": f"{WITHROW.lat},{WITHROW.lon}", "has": ["fence"]}


@dataclass
class World:
    """Ana comes to two dates of a series, hosted by Beatrice in a park with a fence."""

    client: FlaskClient
    clock: Any
    meetup: Meetup
    ana: Member
    addresses: dict[str, str]

    @property
    def place(self) -> Place:
        return self.meetup.place

    def read(self, name: str, **headers: str) -> Any:
        # What is kept for a tag would hide bytes that change under it.
        answers.KEPT.clear()
        return self.client.get(self.addresses[name], headers=headers)


def world(client: FlaskClient, clock: Any) -> World:
    meetup, ana = host(place=add_place(address="725 Logan Ave")), add_member("Ana")
    db.session.add(PlaceAmenity(place_id=meetup.place_id, amenity="fence", present=True, source="tests"))
    for row in dates(meetup)[:2]:
        answer(row, ana, Answer.GOING, [], utcnow())
    search = save(Search.from_args(FENCED), "Near me", utcnow())
    addresses = {
        "series": address_of(meetup),
        "date": f"/meetups/{meetup.public_id}/2026-12-01T1000/walk.ics",
        "own": f"/feeds/{add_feed(ana, 'Phone', utcnow())}/my-meetups.ics",
        "search": f"/near/{search.public_id}/near-me.ics",
    }
    db.session.commit()
    # What has just been changed has no Last-Modified yet.
    clock.shift(timedelta(minutes=5))
    return World(client, clock, meetup, ana, addresses)


def _edit(world: World, **changes: Any) -> None:
    starts = editing.next_instance(world.meetup, utcnow())
    draft = a_draft(world.place, starts, editing.rule_left(world.meetup, starts), title=world.meetup.title)
    editing.edit(world.meetup, draft if not changes else _but(draft, **changes), utcnow())


def _part(world: World) -> None:
    """Split the series at its fifth date; the part that follows is for members only."""
    fifth = dates(world.meetup)[4]
    shown = draft_of_date(fifth)
    edit_as(Scope.FOLLOWING, fifth, _but(shown, visibility=Visibility.MEMBERS), utcnow())


def _but(draft: Any, **changes: Any) -> Any:
    return type(draft)(**{name: getattr(draft, name) for name in draft.__slots__} | changes)


def _import(world: World, name: str = "Withrow Park", lat: float = WITHROW.lat, **facts: Any) -> None:
    place = world.place
    record = PlaceRecord(
        where="line 1", ref=place.source_ref, name=name, point=type(WITHROW)(lat, WITHROW.lon), kind="park",
        neighbourhood="Riverdale", city=None, country=None, source="tests", attribution=None, amenities={},
        **{"address": "725 Logan Ave"} | facts,
    )  # fmt: skip
    importer._take_places([record], utcnow(), importer.Report())


def _rename_and_tell(world: World) -> None:
    _import(world, "Withrow Dog Park")
    db.session.commit()
    renamed.tell_calendars(utcnow())


def _say(world: World, said: Answer) -> None:
    answer(dates(world.meetup)[0], world.ana, said, [], utcnow())


def _swap(world: World) -> None:
    # As many of each as before.
    answer(dates(world.meetup)[0], world.ana, Answer.MAYBE, [], utcnow())
    answer(dates(world.meetup)[2], world.ana, Answer.GOING, [], utcnow())


def _unblock(world: World) -> None:
    add_block(world.ana, world.meetup.host)
    db.session.commit()
    db.session.execute(delete(Block))


def _move(world: World, number: int, days: int) -> None:
    row = dates(world.meetup)[number]
    services.move_date(row, row.recurrence_id + timedelta(days=days), utcnow())


# What happens, and whose bytes it changes.
CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "nothing": (lambda world: None, ""),
    "hours pass": (lambda world: world.clock.shift(timedelta(hours=3)), ""),
    "title": (lambda world: _edit(world, title="Picnic"), "series date own search"),
    "hour": (lambda world: _edit(world, starts=TUESDAY.replace(hour=14)), "series date own search"),
    "length": (lambda world: _edit(world, duration=45), "series date own search"),
    "note": (lambda world: _edit(world, note="Bring cups"), "series date own search"),
    "members only": (lambda world: _edit(world, visibility=Visibility.MEMBERS), "series date own search"),
    "a part for members only": (lambda world: _part(world), "series date own search"),
    "move": (lambda world: _move(world, 0, 1), "series date own search"),
    "move and back": (lambda world: (_move(world, 0, 1), _move(world, 0, 0)), "series date own search"),
    "move another": (lambda world: _move(world, 4, 1), "series date own search"),
    "cancel": (lambda world: services.cancel_date(dates(world.meetup)[0], None, utcnow()), "series date own search"),
    "cancel all": (lambda world: services.cancel_series(world.meetup, None, utcnow()), "series date own search"),
    "maybe": (lambda world: _say(world, Answer.MAYBE), "own"),
    "not going": (lambda world: _say(world, Answer.NOT_GOING), "own"),
    "one more, one less": (_swap, "own"),
    "block": (lambda world: add_block(world.ana, world.meetup.host), "own"),
    "blocked": (lambda world: add_block(world.meetup.host, world.ana), "own"),
    "block and unblock": (_unblock, ""),
    "rename": (lambda world: _import(world, "Withrow Dog Park"), "series date own search"),
    "rename and tell": (_rename_and_tell, "series date own search"),
    "address": (lambda world: _import(world, address="1 Bain Ave"), "series date own search"),
    "put right on the map": (lambda world: _import(world, lat=43.6750), "series date own search"),
    "elsewhere": (lambda world: _import(world, lat=43.9), "series date own search"),
    "no fence": (lambda world: setattr(world.place.amenities[0], "present", False), "search"),
    "new nearby": (lambda world: add_meetup(place=world.place, title="New"), "search"),
    "host leaves": (lambda world: db.session.delete(world.meetup), "series date own search"),
    "worker makes dates": (lambda world: services.roll_forward(utcnow() + timedelta(days=10)), ""),
    "months pass": (lambda world: world.clock.shift(timedelta(days=45)), "search"),
}
