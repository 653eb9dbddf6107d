"""Rows for tests: each function adds one thing with everything it needs, flushes, and returns it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from flask.testing import FlaskClient

from meetups.accounts.models import Block, Kid, LoginSession, Member
from meetups.accounts.sessions import TOKEN
from meetups.clock import utcnow
from meetups.columns import hashed, secret
from meetups.domain.ages import ALL_AGES
from meetups.domain.nearness import Point, cells, home_cell
from meetups.domain.text import search_key
from meetups.domain.wishes import LASTS
from meetups.domain.zones import to_utc
from meetups.events.dates import grow
from meetups.events.models import Kind, Meetup, Occurrence, Visibility
from meetups.extensions import Base, db
from meetups.places.models import Place
from meetups.rsvps.models import Rsvp
from meetups.wishes.models import Wish

TORONTO = "America/Toronto"
WITHROW = Point(43.6747, -79.3476)
# A Tuesday a week after conftest's NOW.
TUESDAY = datetime(2026, 12, 1, 10, 0)
_numbers = count(1)


Row = TypeVar("Row", bound=Base)


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row


def add_member(first_name: str = "Ana", **values: Any) -> Member:
    number = next(_numbers)
    given = {"email": f"member{number}@example.org", "created_at": utcnow()} | values
    return _added(Member(first_name=first_name, **given))


def add_kid(member: Member, month: date) -> Kid:
    kid = _added(Kid(member_id=member.id, month=month.replace(day=1)))
    db.session.refresh(member, ["kids"])
    return kid


def add_place(name: str = "Withrow Park", point: Point = WITHROW, zone: str = TORONTO, **values: Any) -> Place:
    number = next(_numbers)
    given: dict[str, Any] = {
        "kind": "park",
        "neighbourhood": "Riverdale",
        "source": "tests",
        "source_ref": str(number),
        "created_at": utcnow(),
    } | values
    cell6, cell7, cell8 = cells(point)
    return _added(
        Place(
            name=name, search_key=search_key(name), lat=point.lat, lon=point.lon, zone=zone,
            cell6=cell6, cell7=cell7, cell8=cell8, **given,
        )
    )  # fmt: skip


def add_meetup(
    host: Member | None = None,
    place: Place | None = None,
    starts: datetime = TUESDAY,
    dates: Sequence[datetime] = (),
    **values: Any,
) -> Meetup:
    """A meetup and one occurrence for each of `dates` (local wall clock), or for `starts` alone."""
    place = place or add_place()
    host = host or add_member("Host")
    given: dict[str, Any] = {
        "kind": Kind.WALK,
        "visibility": Visibility.PUBLIC,
        "title": f"Stroller walk at {place.name}",
        "spot": "Red stroller by the gate",
        "duration": 60,
        "ages": int(ALL_AGES),
        "capacity": None,
        "created_at": utcnow(),
        "changed_at": utcnow(),
    } | values
    meetup = _added(Meetup(host_id=host.id, place_id=place.id, starts=starts, zone=place.zone, **given))
    for date_ in dates or (starts,):
        add_occurrence(meetup, date_)
    return meetup


def add_occurrence(meetup: Meetup, starts: datetime = TUESDAY, **values: Any) -> Occurrence:
    place = meetup.place
    starts_at = to_utc(starts, meetup.zone)
    given: dict[str, Any] = {
        "recurrence_id": starts,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=meetup.duration),
        "place_id": place.id,
        "cell6": place.cell6,
        "cell7": place.cell7,
        "cell8": place.cell8,
        "kind": meetup.kind,
        "ages": meetup.ages,
        "born": meetup.born,
        "capacity": meetup.capacity,
    } | values
    row = Occurrence(meetup_id=meetup.id, **given)
    row.meetup = meetup
    grow(row)
    return _added(row)


def first_date(meetup: Meetup) -> Occurrence:
    return db.session.scalars(
        db.select(Occurrence).filter_by(meetup_id=meetup.id).order_by(Occurrence.starts_at)
    ).first()  # type: ignore[return-value]


def add_rsvp(
    occurrence: Occurrence, member: Member, answer: str = "going", kids: Sequence[Kid] = (), **values: Any
) -> Rsvp:
    """An answer as it stands in the database: a family going counts in `taken`."""
    if answer == "going":
        occurrence.taken += 1
    answered_to = {"for_starts": occurrence.starts_at, "for_place_id": occurrence.place_id}
    given = {"created_at": utcnow(), "changed_at": utcnow()} | answered_to | values
    rsvp = Rsvp(occurrence_id=occurrence.id, member_id=member.id, answer=answer, **given)
    rsvp.occurrence, rsvp.kids = occurrence, list(kids)
    rsvp.hear(rsvp.stands, given["changed_at"])
    if answer == "waiting":
        rsvp.waiting_since = rsvp.waiting_since or utcnow()
    return _added(rsvp)


def add_wish(member: Member, point: Point = WITHROW, **values: Any) -> Wish:
    """A wish for any age within 800 m of the neighbourhood of a point, made two days ago unless it is said when."""
    made = values.pop("created_at", utcnow() - timedelta(days=2))
    usual = {"cell": home_cell(point), "name": "Riverdale", "within": 800, "ages": int(ALL_AGES)}
    wish = Wish(member_id=member.id, created_at=made, **usual | {"ends_at": made + LASTS} | values)
    wish.member = member
    return _added(wish)


def add_block(blocker: Member, blocked: Member) -> Block:
    return _added(Block(blocker_id=blocker.id, blocked_id=blocked.id, created_at=utcnow()))


def sign_in(client: FlaskClient, member: Member) -> None:
    """Sign a client in as a member, by a row and a cookie as the site makes them."""
    token, now = secret(), utcnow()
    row = LoginSession(
        token_hash=hashed(token), member_id=member.id, created_at=now, last_seen_at=now,
        expires_at=now + timedelta(days=90), device="Tests",
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    with client.session_transaction() as session:
        session[TOKEN] = token
